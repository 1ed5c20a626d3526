// A small collector to start from: how busy was the kernel while the program ran? It counts what
// the whole machine did between start() and stop().
#include <chrono>
#include <fstream>
#include <limits>
#include <melisai/collector.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

// The number after `key` in /proc/stat.
std::optional<double> kernel_counter(std::string_view key) {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double value = 0;
    if (word == key && file >> value) return value;
    file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

class Template {
 public:
  static constexpr melisai::CollectorInfo kInfo{.name = "template", .version = "1.0.0"};
  static constexpr melisai::MetricInfo kMetrics[] = {
      {.name = "context_switches",
       .unit = "count",
       .better = melisai::BetterWhen::unknown,
       .tier = 4,
       .help = "Switches from one thread to another, on all CPUs",
       .source = "/proc/stat, ctxt"},
      {.name = "window_time",
       .unit = "ns",
       .better = melisai::BetterWhen::unknown,
       .tier = 4,
       .help = "Time between start and stop",
       .source = "std::chrono::steady_clock"}};

  // Optional: why this machine cannot give the numbers; "" when it can.
  static std::string unavailable() {
    return kernel_counter("ctxt") ? "" : "/proc/stat has no line 'ctxt'; is /proc mounted?";
  }

  Template(melisai::Host host, std::string_view /*config_json*/) : host_(host) {}

  void start(const melisai::Target& target) {
    if (target.root_pid == 0) host_.debug("nothing to observe but the whole machine");
    switches_ = switches();
    started_ = std::chrono::steady_clock::now();
  }

  void stop(melisai::Emitter& emitter) {
    const std::chrono::nanoseconds window = std::chrono::steady_clock::now() - started_;
    emitter.emit("context_switches", switches() - switches_);
    emitter.emit("window_time", static_cast<double>(window.count()));
  }

 private:
  // What is thrown fails the window and is shown as its reason.
  static double switches() {
    const auto value = kernel_counter("ctxt");
    if (!value) throw std::runtime_error("cannot read 'ctxt' from /proc/stat");
    return *value;
  }

  melisai::Host host_;
  double switches_ = 0;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace

MELISAI_COLLECTOR(Template)
