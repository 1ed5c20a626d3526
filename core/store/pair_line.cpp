#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/store/store.h"

namespace melisai::store {
namespace {

std::string escaped(const std::string& text) {
  constexpr int kCompact = -1;
  return nlohmann::json(text).dump(kCompact, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string shortest(double value) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

}  // namespace

std::string pair_line(const StoredPair& pair, const StoredJudgement& judgement) {
  std::string line = R"({"series":)" + escaped(pair.id.benchmark + "/" + pair.id.metric) +
                     R"(,"a":)" + shortest(pair.base) + R"(,"b":)" + shortest(pair.head) +
                     R"(,"first":")" + (pair.base_first ? 'a' : 'b') + '"';
  if (pair.metric.better != Better::lower)
    line += R"(,"better":")" + std::string(to_string(pair.metric.better)) + '"';
  if (pair.metric.tier != Tier::explain)
    line += R"(,"tier":)" + std::to_string(static_cast<int>(pair.metric.tier));
  if (judgement.level != Level::fail)
    line += R"(,"level":")" + std::string(to_string(judgement.level)) + '"';
  if (judgement.threshold) line += R"(,"threshold":)" + shortest(*judgement.threshold);
  if (judgement.health_votes) line += R"(,"health":"fail")";
  if (judgement.counted > 0) line += R"(,"counted":)" + std::to_string(judgement.counted);
  return line + "}\n";
}

}  // namespace melisai::store
