#include "core/worker/session.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "core/worker/limits.h"

namespace melisai::worker {
namespace {

// Runs code of the plugin under its own limit of memory. False when it threw, which none may.
template <class Call>
bool call_plugin(Call call) {
  const PluginMemory limited;
  try {
    call();
    return true;
  } catch (...) {
    return false;
  }
}

constexpr const char* kThrew = "the plugin threw across the C interface; use collector.hpp";

protocol::Failed failure(std::int64_t id, std::string reason) {
  return {.id = id, .reason = std::move(reason), .refused = false};
}

protocol::Failed refusal(std::string reason) {
  return {.id = 0, .reason = std::move(reason), .refused = true};
}

/// As melisai_target has them.
std::string wanted_parts(const protocol::StartRequest& request, const protocol::Hello& hello) {
  std::string text;
  for (const protocol::PartInfo& part : hello.parts) {
    const bool wanted = !request.parts || std::find(request.parts->begin(), request.parts->end(),
                                                    part.name) != request.parts->end();
    if (wanted) text += (text.empty() ? "" : " ") + part.name;
  }
  return text;
}

}  // namespace

Session::Session(Channel& channel, Result<Descriptor> plugin, Bytes log_max)
    : channel_(channel), plugin_(std::move(plugin)) {
  if (plugin_) host_.emplace(channel_, *plugin_, log_max);
}

Result<void> Session::run() {
  while (true) {
    const auto request = channel_.receive(next_sample());
    if (!request || (*request && std::holds_alternative<protocol::QuitRequest>(**request))) {
      destroy();
      if (!request && request.error().code != Errc::interrupted) return request.error();
      return {};
    }
    if (*request)
      handle(**request);
    else
      sample();
  }
}

void Session::handle(const protocol::Request& request) {
  std::visit(
      [this](const auto& known) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(known)>, protocol::QuitRequest>)
          channel_.send(answer(known));
      },
      request);
}

protocol::Message Session::answer(const protocol::HelloRequest& request) {
  if (greeted_) return failure(0, "hello was said already");
  if (request.protocol != protocol::kVersion)
    return refusal("melisai-gate speaks protocol " + std::to_string(request.protocol) +
                   ", this melisai-gate-worker speaks " + std::to_string(protocol::kVersion) +
                   "; install both from one build");
  if (!plugin_) return refusal(plugin_.error().message);
  greeted_ = true;
  wanted_interval_ = std::chrono::milliseconds(request.sample_interval_ms);
  protocol::Hello hello = plugin_->hello;
  hello.reason = unavailable_reason();
  hello.available = hello.reason.empty();
  if (!hello.available) return hello;
  for (protocol::PartInfo& part : hello.parts) part.unavailable = unavailable_reason(part);
  const melisai_str config{request.config.data(), request.config.size()};
  const bool returned =
      call_plugin([&] { instance_ = plugin_->functions.create(host_->c(), config); });
  if (!returned || instance_ == nullptr)
    return failure(0, host_->take_error(returned ? "create() refused without a reason" : kThrew));
  return hello;
}

std::string Session::unavailable_reason(const protocol::PartInfo& part) {
  const auto available = plugin_->functions.part_available;
  if (available == nullptr) return "";
  std::int32_t answer = 0;
  if (!call_plugin([&] { answer = available(host_->c(), {part.name.data(), part.name.size()}); }))
    return kThrew;
  return answer == 0 ? "" : host_->take_error("the plugin does not say why");
}

std::string Session::unavailable_reason() {
  const auto available = plugin_->functions.available;
  if (available == nullptr) return "";
  std::int32_t answer = 0;
  if (!call_plugin([&] { answer = available(host_->c()); })) return kThrew;
  return answer == 0 ? "" : host_->take_error("the plugin does not say why");
}

protocol::Message Session::answer(const protocol::StartRequest& request) {
  if (instance_ == nullptr) return failure(request.id, "there is no collector to start");
  if (started_) return failure(request.id, "a window is open already");
  const std::string parts = wanted_parts(request, plugin_->hello);
  const melisai_target target{.struct_size = sizeof(melisai_target),
                              .reserved = 0,
                              .root_pid = request.root_pid,
                              .cgroup = {request.cgroup.data(), request.cgroup.size()},
                              .parts = {parts.data(), parts.size()}};
  host_->take_error("");
  std::int32_t result = 0;
  const bool returned = call_plugin([&] { result = plugin_->functions.start(instance_, &target); });
  if (!returned || result != 0)
    return failure(request.id,
                   host_->take_error(returned ? "start() failed without a reason" : kThrew));
  started_ = true;
  sample_due_ = std::chrono::steady_clock::now() + sample_interval();
  return protocol::Started{.id = request.id};
}

protocol::Message Session::answer(const protocol::StopRequest& request) {
  if (!started_) return failure(request.id, "no window is open");
  started_ = false;
  host_->take_error("");
  host_->open_window(request.id);
  std::int32_t result = 0;
  const bool returned = call_plugin([&] { result = plugin_->functions.stop(instance_); });
  const bool good = returned && result == 0;
  host_->close_window(good);
  if (good) return protocol::Stopped{.id = request.id};
  return failure(request.id,
                 host_->take_error(returned ? "stop() failed without a reason" : kThrew));
}

protocol::Message Session::answer(const protocol::PingRequest& request) {
  return protocol::Pong{.id = request.id};
}

std::chrono::milliseconds Session::sample_interval() const {
  if (wanted_interval_.count() > 0) return wanted_interval_;
  return std::chrono::milliseconds(plugin_->functions.sample_interval_ms);
}

std::optional<Channel::Time> Session::next_sample() const {
  if (!started_ || plugin_->functions.sample == nullptr) return std::nullopt;
  return sample_due_;
}

void Session::sample() {
  if (!call_plugin([&] { plugin_->functions.sample(instance_); }))
    channel_.send(protocol::Log{"error", kThrew});
  // A late sample is not made up for.
  sample_due_ = std::max(sample_due_, std::chrono::steady_clock::now()) + sample_interval();
}

void Session::destroy() {
  if (instance_ == nullptr) return;
  if (started_) answer(protocol::StopRequest{});
  call_plugin([&] { plugin_->functions.destroy(std::exchange(instance_, nullptr)); });
}

}  // namespace melisai::worker
