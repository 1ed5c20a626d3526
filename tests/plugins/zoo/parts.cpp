// Tells in more than numbers, and in between everything that a result must not be.
#include <string>
#include <string_view>

#include "tests/plugins/zoo/zoo.h"

namespace {

struct Parts {
  static constexpr melisai::CollectorInfo kInfo{.name = "zoo.parts", .sample_interval_ms = 60'000};
  static constexpr melisai::PartInfo kParts[] = {{.name = "wings", .category = "cpu"},
                                                 {.name = "tail", .category = "disk", .tier = 3}};

  static std::string part_unavailable(std::string_view part) {
    return part == "tail" ? "lost in a trap" : "";
  }

  Parts(melisai::Host host, std::string_view) : host_(host) {}
  void start(const melisai::Target& target) {
    samples_ = 0;
    wants_tail_ = target.wants("tail");
  }
  void sample() {
    if (++samples_ == 1) host_.info("sampled");
  }
  void stop(melisai::Emitter& emitter) {
    emitter.result("beak", "{}");
    emitter.result("wings", "{\"data\":");
    emitter.result("wings", "[]");
    emitter.result("wings", "{\"data\":\"" + std::string(1'000'000, 'x') + "\"}");
    emitter.result("wings", R"({"data":{"samples":)" + std::to_string(samples_) + "}}");
    emitter.result("wings", R"({"data":{"samples":-1}})");
    if (wants_tail_) emitter.result("tail", R"({"errors":["cut"]})");
  }

  melisai::Host host_;
  int samples_ = 0;
  bool wants_tail_ = false;
};

}  // namespace

MELISAI_COLLECTOR(Parts)
