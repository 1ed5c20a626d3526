// A part of the plugin procfs: one collector of the host report. The plugin makes all parts when a
// window opens, calls them from one thread and throws them away when it closes. A part may throw;
// that becomes an error of this part alone. A value that cannot be read is left out, never 0.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace melisai::plugins::procfs {

using Time = std::chrono::nanoseconds;  // monotonic; passed in, so that tests are exact

struct Options {
  std::string proc_root = "/proc";
  std::string sys_root = "/sys";
  int events_max = 1000;
  std::vector<std::int64_t> pids;
  std::vector<std::string> cgroups;
  std::vector<std::int64_t> observer_pids;
  std::int64_t target_pid = 0;  // root of the observed tree, which is nobody's observer; 0: none
};

struct Findings {
  nlohmann::ordered_json data = nlohmann::ordered_json::object();
  std::vector<std::string> errors;
  bool truncated = false;
};

class Part {
 public:
  virtual ~Part() = default;
  virtual void start(Time now) = 0;
  virtual void sample(Time /*now*/) {}
  virtual Findings stop(Time now) = 0;
};

std::unique_ptr<Part> make_cpu(const Options& options);
std::unique_ptr<Part> make_memory(const Options& options);
std::unique_ptr<Part> make_disk(const Options& options);
std::unique_ptr<Part> make_network(const Options& options);
std::unique_ptr<Part> make_process(const Options& options);
std::unique_ptr<Part> make_container(const Options& options);
std::unique_ptr<Part> make_system(const Options& options);
std::unique_ptr<Part> make_gpu(const Options& options);

}  // namespace melisai::plugins::procfs
