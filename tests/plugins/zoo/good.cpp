// Does everything right; prints to stdout, which must not disturb the frames.
#include <cstdio>
#include <string>

#include "tests/plugins/zoo/zoo.h"

namespace {

class Good {
 public:
  static constexpr melisai::CollectorInfo kInfo{
      .name = "zoo.good", .version = "1.2.3", .watches = true};
  static constexpr melisai::MetricInfo kMetrics[] = {
      {.name = "windows", .better = melisai::BetterWhen::unknown, .tier = 1, .help = "Windows"},
      {.name = "root_pid",
       .better = melisai::BetterWhen::higher,
       .help = "As start() got it",
       .source = "the gate",
       .privilege = "CAP_NOTHING"}};

  Good(melisai::Host host, std::string_view config) : host_(host) {
    host_.info("config " + std::string(config));
  }
  ~Good() { host_.info("destroyed"); }
  Good(const Good&) = delete;
  Good& operator=(const Good&) = delete;
  void start(const melisai::Target& target) {
    root_pid_ = target.root_pid;
    host_.debug("cgroup " + std::string(target.cgroup));
  }
  void stop(melisai::Emitter& emitter) {
    std::puts("not a frame");
    std::fflush(stdout);
    emitter.emit("windows", ++windows_);
    emitter.emit("root_pid", static_cast<double>(root_pid_));
  }

 private:
  melisai::Host host_;
  int windows_ = 0;
  std::int64_t root_pid_ = 0;
};

}  // namespace

MELISAI_COLLECTOR(Good)
