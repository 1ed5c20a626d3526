// Small programs that are slower on head for one reason each: slower CASE base|head [USUAL], and
// without arguments the list "CASE CLASS". What causes.py runs. Numbers are chosen so that a run
// takes 50 to 200 ms; USUAL times as much of what both sides do makes the difference smaller.
#include "tests/bench/slower.h"

#include <cstdio>
#include <cstdlib>
#include <initializer_list>

int main(int argc, char** argv) {
  for (const auto& cases : {slower::cpu_cases(), slower::call_cases(), slower::wait_cases()})
    for (const slower::Case& each : cases) {
      if (argc < 3) std::printf("%s %s\n", each.name.data(), each.cause.data());
      if (argc < 3 || each.name != argv[1]) continue;
      slower::work(10'000'000L * (argc > 3 ? std::atol(argv[3]) : 1));
      each.run(std::string_view(argv[2]) == "head");
      return 0;
    }
  return argc < 3 ? 0 : 2;
}
