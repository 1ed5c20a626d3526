// A benchmark program without a benchmark: prints Google Benchmark JSON with normally distributed
// numbers, so that what the gate decides does not depend on this machine. Reads "name mean sigma"
// lines from numbers.txt; the seed is the count of runs so far, kept in a file beside it, so that
// every run of a tree draws other numbers and every check the same.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <regex>
#include <string>

namespace {

double normal(std::mt19937_64& engine) {
  const auto uniform = [&] { return (static_cast<double>(engine() >> 11) + 0.5) * 0x1p-53; };
  return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * 3.14159265358979323846 * uniform());
}

int next_run_number() {
  int number = 0;
  std::ifstream("runs-so-far.txt") >> number;
  std::ofstream("runs-so-far.txt") << number + 1;
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  std::string filter = ".*";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--benchmark_filter=", 0) == 0) filter = word.substr(word.find('=') + 1);
  }
  std::ofstream("filters-seen.txt", std::ios::app) << filter << '\n';
  const int run = next_run_number();
  std::ifstream numbers("numbers.txt");
  const char* result = std::getenv("MELISAI_RESULT");
  std::ofstream file(result != nullptr ? result : "/dev/stdout");
  file << "{\"context\": {}, \"benchmarks\": [";
  // Base and head draw independently, also when their commits are equal.
  const std::string side =
      std::string(result != nullptr ? result : "").find("/head/") != std::string::npos ? "head"
                                                                                       : "base";
  std::string name, separator;
  for (double mean = 0, sigma = 0; numbers >> name >> mean >> sigma;) {
    if (!std::regex_search(name, std::regex(filter))) continue;
    std::mt19937_64 engine(std::hash<std::string>{}(name + side + std::to_string(run)));
    engine.discard(10);
    const double value = mean * std::exp(sigma * normal(engine));
    file << separator << "{\"name\": \"" << name
         << "\", \"run_type\": \"iteration\", \"iterations\": 1, \"real_time\": " << value
         << ", \"cpu_time\": " << value << ", \"time_unit\": \"ns\"}";
    separator = ", ";
  }
  file << "]}\n";
}
