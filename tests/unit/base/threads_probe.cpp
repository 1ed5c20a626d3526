// A workload for process_usage_test: holds the given number of threads for a tenth of a second.
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < (argc > 1 ? std::atoi(argv[1]) : 1); ++i) {
    threads.emplace_back([] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); });
  }
}
