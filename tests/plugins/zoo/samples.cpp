// Wants sample() every 2 ms and says each time that it came.
#include "tests/plugins/zoo/zoo.h"

namespace {

struct Sampler : zoo::Animal {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.samples", .sample_interval_ms = 2};
  explicit Sampler(melisai::Host host, std::string_view) : host_(host) {}
  void start(const melisai::Target&) { samples_ = 0; }
  void sample() {
    ++samples_;
    host_.info("sampled");
  }
  void stop(melisai::Emitter& emitter) { emitter.emit("answer", samples_); }
  melisai::Host host_;
  int samples_ = 0;
};

}  // namespace

MELISAI_COLLECTOR(Sampler)
