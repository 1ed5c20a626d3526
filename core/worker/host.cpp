#include "core/worker/host.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/base/text.h"
#include "core/worker/limits.h"

namespace melisai::worker {
namespace {

constexpr std::size_t kSamplesPerFrame = 1000;
constexpr std::size_t kTextMax = 16 << 10;  // of one call; a line is cut at 1,000 by the gate
constexpr std::size_t kLineMax = 1000;
constexpr Bytes kLineCost = 32;  // so that empty lines are bounded too

std::string_view view_of(melisai_str text, std::size_t max) {
  if (text.data == nullptr) return {};
  return {text.data, std::min(text.size, max)};
}

const char* level_name(std::int32_t level) {
  constexpr std::array kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(std::clamp(level, 0, 3))];
}

}  // namespace

Host::Host(Channel& channel, const Descriptor& plugin, Bytes log_max)
    : channel_(channel), log_left_(log_max) {
  for (const protocol::MetricInfo& metric : plugin.hello.metrics) metrics_.push_back(metric.name);
  std::sort(metrics_.begin(), metrics_.end());
  for (const protocol::PartInfo& part : plugin.hello.parts) parts_.push_back(part.name);
  c_.struct_size = sizeof c_;
  c_.abi_minor = MELISAI_ABI_MINOR;
  c_.context = this;
  c_.log = &Host::log;
  c_.emit = &Host::emit;
  c_.result = &Host::result;
}

void Host::open_window(std::int64_t id) {
  samples_ = {.id = id, .samples = {}};
  said_.clear();
  window_open_ = true;
}

void Host::close_window(bool keep) {
  window_open_ = false;
  if (keep) flush();
  samples_.samples.clear();
}

std::string Host::take_error(const std::string& otherwise) {
  std::string error = std::exchange(error_, "");
  return error.empty() ? otherwise : error;
}

void Host::log(void* context, std::int32_t level, melisai_str text) noexcept {
  const OwnMemory own;
  auto& host = *static_cast<Host*>(context);
  const std::string_view shown = view_of(text, kTextMax);
  if (level >= MELISAI_LOG_ERROR) host.error_ = printable(shown.substr(0, kLineMax));
  host.log_lines(level, shown);
}

void Host::log_lines(std::int32_t level, std::string_view text) {
  while (!log_full_) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const Bytes cost = kLineCost + std::min(line.size(), kLineMax);
    if (cost > log_left_) {
      log_full_ = true;
      channel_.send(protocol::Log{"warning",
                                  "the plugin logs more than it may (--log-max); the "
                                  "rest of its lines is left out"});
      return;
    }
    log_left_ -= cost;
    channel_.send(protocol::Log{level_name(level), std::string(line.substr(0, kLineMax))});
    if (line.size() == text.size()) return;
    text.remove_prefix(line.size() + 1);
    if (text.empty()) return;
  }
}

void Host::emit(void* context, melisai_str metric, double value) noexcept {
  const OwnMemory own;
  static_cast<Host*>(context)->take_sample(std::string(view_of(metric, kLineMax)), value);
}

void Host::take_sample(std::string metric, double value) {
  if (!window_open_) return warn_once(warned_outside_, "emit() outside of stop() is ignored");
  if (!std::binary_search(metrics_.begin(), metrics_.end(), metric))
    return warn_once(warned_undeclared_,
                     "emitted " + in_quotes(metric) + ", which it does not declare; ignored");
  if (!std::isfinite(value))
    return warn_once(warned_not_finite_,
                     "emitted a value of " + in_quotes(metric) + " that is not finite; ignored");
  samples_.samples.push_back({std::move(metric), value});
  if (samples_.samples.size() == kSamplesPerFrame) flush();
}

void Host::result(void* context, melisai_str part, melisai_str json) noexcept {
  const OwnMemory own;
  auto& host = *static_cast<Host*>(context);
  host.send_result(std::string(view_of(part, kLineMax)), view_of(json, json.size));
}

void Host::send_result(std::string part, std::string_view json) {
  if (!window_open_) return warn_once(warned_outside_, "result() outside of stop() is ignored");
  if (std::find(parts_.begin(), parts_.end(), part) == parts_.end())
    return warn_once(warned_part_,
                     "a result of " + in_quotes(part) + ", which it does not declare; ignored");
  if (std::find(said_.begin(), said_.end(), part) != said_.end())
    return warn_once(warned_part_, "a second result of " + in_quotes(part) + "; ignored");
  if (json.size() > protocol::kResultBytesMax || !protocol::is_object(json))
    return warn_once(warned_result_, "the result of " + in_quotes(part) +
                                         " is not a JSON object of at most 1,000,000 bytes and 60 "
                                         "levels; ignored");
  channel_.send(protocol::PartResult{samples_.id, part, std::string(json)});
  said_.push_back(std::move(part));
}

void Host::warn_once(bool& warned, const std::string& text) {
  if (!std::exchange(warned, true)) log_lines(MELISAI_LOG_WARNING, text);
}

void Host::flush() {
  if (!samples_.samples.empty()) channel_.send(samples_);
  samples_.samples.clear();
}

}  // namespace melisai::worker
