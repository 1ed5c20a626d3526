#include "core/collect/worker.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/base/text.h"

namespace melisai::collect {
namespace {

using protocol::to_body;

constexpr Bytes kBytesMax = 8 << 20;      // from one step to the next
constexpr int kOtherMessagesMax = 1'000;  // the same, beside one for each sample
constexpr std::size_t kLogLinesMax = 20;
constexpr std::size_t kLastWordsMax = 10;
constexpr std::size_t kLineBytesMax = 1'000;
constexpr Milliseconds kSendMax{100};   // a request is small; it waits only for one that is stuck
constexpr Milliseconds kExitWait{500};  // from the end of the connection to that of the process
constexpr Milliseconds kEndGrace{20};

std::vector<std::string> worker_arguments(const Candidate& candidate, bool takes_file,
                                          const CollectOptions& options) {
  std::vector<std::string> args = {"--memory-max", std::to_string(options.memory_max), "--log-max",
                                   std::to_string(options.log_max)};
  if (candidate.program) args.emplace_back("--program");
  if (takes_file) args.push_back(candidate.file);
  return args;
}

// Nothing of ours but what every program needs: tokens and keys are no business of a plugin.
std::vector<std::string> worker_environment() {
  std::vector<std::string> env = {"LC_ALL=C.UTF-8"};
  for (const char* name : {"PATH", "HOME"}) {
    if (const char* value = std::getenv(name)) env.push_back(std::string(name) + "=" + value);
  }
  return env;
}

std::string how_it_ended(const Exit& exit) {
  switch (exit.end) {
    case Exit::End::exited: return "ended with exit code " + std::to_string(exit.code);
    case Exit::End::signalled: break;
    default: return "closed its connection";
  }
  const char* name = sigabbrev_np(exit.code);
  return "crashed with " +
         (name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(exit.code));
}

Better better_of(std::string_view text) {
  if (text == "lower") return Better::lower;
  return text == "higher" ? Better::higher : Better::unknown;
}

std::vector<std::string> last_lines(const std::string& text) {
  std::deque<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, std::min(end - at, kLineBytesMax)));
    if (lines.size() > kLastWordsMax) lines.pop_front();
    at = end + 1;
  }
  return {lines.begin(), lines.end()};
}

}  // namespace

Collectors::Worker::Worker(const Candidate& candidate, const WorkerProgram& program,
                           const CollectOptions& options, const std::string& config,
                           const HostProfile& profile, const Clock& clock)
    : options_(options), config_(config), profile_(profile), clock_(clock) {
  spec_.program = program.path;
  spec_.args = worker_arguments(candidate, program.takes_file, options);
  spec_.env = worker_environment();
  result_.name = candidate.name;
  result_.file = printable(candidate.file);
}

void Collectors::Worker::launch() {
  ++launches_;
  result_.restarts = launches_ - 1;
  reader_ = {};
  Result<Peer> peer = Peer::start(spec_);
  if (!peer) {
    final_ = true;
    return fail(CollectorStatus::failed, peer.error().message);
  }
  peer_.emplace(std::move(*peer));
  send(protocol::HelloRequest{.config = config_}, Step::hello);
}

void Collectors::Worker::begin(protocol::StartRequest window) {
  window_ = window.id;
  complete_ = false;
  values_.assign(result_.metrics.size(), std::nullopt);
  host_results_.clear();
  sample_count_ = 0;
  if (!result_.parts.empty()) {
    window.parts.emplace();
    for (const CollectorPart& part : running_) window.parts->push_back(part.name);
  }
  send(protocol::PingRequest{window.id}, Step::ping);
  if (step_ == Step::ping) send(window, Step::ping);
}

void Collectors::Worker::finish() { send(protocol::StopRequest{window_}, Step::stop); }

void Collectors::Worker::quit() {
  if (peer_) send(protocol::QuitRequest{}, Step::off);
}

void Collectors::Worker::leave(Milliseconds grace) {
  if (peer_) peer_->end(grace);
  peer_.reset();
  step_ = Step::off;
}

void Collectors::Worker::send(const protocol::Request& request, Step next) {
  step_ = next;
  bytes_ = 0;
  messages_ = 0;
  const Result<void> sent = peer_->send(frame_of(to_body(request)), kSendMax);
  // One that has closed its connection is noticed where its last messages are read.
  if (!sent && sent.error().code == Errc::timeout)
    fail(CollectorStatus::timed_out, "does not read what it is sent");
}

bool Collectors::Worker::awaited() const {
  return step_ == Step::hello || step_ == Step::ping || step_ == Step::start || step_ == Step::stop;
}

int Collectors::Worker::tier() const {
  int tier = 1;
  for (const CollectorPart& part : running_) tier = std::max(tier, part.tier);
  return tier;
}

bool Collectors::Worker::gives(std::string_view part) const {
  return introduced_ && !final_ &&
         std::any_of(running_.begin(), running_.end(), [&](const CollectorPart& each) {
           return each.name == part && each.unavailable.empty();
         });
}

void Collectors::Worker::leave_out(std::string_view part) {
  std::erase_if(running_, [&](const CollectorPart& each) { return each.name == part; });
}

bool Collectors::Worker::may_restart() const {
  return step_ == Step::off && !final_ && launches_ > 0 && launches_ <= options_.restarts_max;
}

void Collectors::Worker::take() {
  if (!peer_) return;
  std::string bytes;
  const Result<bool> open = peer_->receive(bytes, Milliseconds(0));
  if (!open && open.error().code == Errc::timeout) {
    if (peer_->has_ended()) ended();
    return;
  }
  bytes_ += bytes.size();
  reader_.add(bytes);
  while (peer_) {
    const Result<std::optional<std::string>> body = reader_.next();
    if (!body) return misbehaved(body.error().message);
    if (!*body) break;
    const Result<protocol::Message> message = protocol::parse_message(**body);
    if (!message) return misbehaved(message.error().message);
    if (++messages_ > options_.samples_max + kOtherMessagesMax)
      return misbehaved("more than " + std::to_string(messages_ - 1) + " messages at once");
    std::visit([this](const auto& m) { on(m); }, *message);
  }
  if (!peer_) return;
  if (bytes_ > kBytesMax) return misbehaved("more than " + format_bytes(kBytesMax) + " at once");
  if (!open || !*open) ended();
}

void Collectors::Worker::on(const protocol::Hello& hello) {
  if (step_ != Step::hello) return misbehaved("'hello' again");
  if (hello.protocol != protocol::kVersion)
    return refuse("speaks version " + std::to_string(hello.protocol) +
                  " of the protocol, this melisai-gate version " +
                  std::to_string(protocol::kVersion));
  if (introduced_ && hello.name != result_.name)
    return misbehaved("another name than before: '" + hello.name + "'");
  introduced_ = true;
  watches_ = hello.watches;
  result_.name = hello.name;
  result_.version = hello.version;
  result_.abi = hello.abi;
  result_.capabilities = hello.capabilities;
  result_.metrics.clear();
  indices_.clear();
  for (const protocol::MetricInfo& info : hello.metrics) {
    indices_[info.name] = result_.metrics.size();
    result_.metrics.push_back({.metric = {.name = info.name,
                                          .unit = info.unit,
                                          .better = better_of(info.better),
                                          .tier = static_cast<Tier>(info.tier)},
                               .help = info.help,
                               .source = info.source,
                               .privilege = info.privilege});
  }
  result_.parts.clear();
  for (const protocol::PartInfo& part : hello.parts)
    result_.parts.push_back({.name = part.name,
                             .category = part.category,
                             .tier = part.tier,
                             .unavailable = part.unavailable});
  running_ = result_.parts;
  std::erase_if(running_, [&](const CollectorPart& part) { return !runs(profile_, part); });
  if (!hello.available) {
    final_ = true;
    const std::string reason = hello.reason.empty() ? "gave no reason" : hello.reason;
    return fail(CollectorStatus::unavailable, reason);
  }
  step_ = Step::idle;
  if (launches_ == 1 || lost_window_) return;
  result_.status = CollectorStatus::ok;
  result_.reason = "restarted after: " + result_.reason;
}

bool Collectors::Worker::answers(Step step, std::int64_t id, std::string_view type) {
  if (step_ != step)
    misbehaved("'" + std::string(type) + "' that nobody asked for");
  else if (id != window_)
    misbehaved("'" + std::string(type) + "' with id " + std::to_string(id) + " instead of " +
               std::to_string(window_));
  return peer_.has_value();
}

void Collectors::Worker::on(const protocol::Pong& pong) {
  if (answers(Step::ping, pong.id, "pong")) step_ = Step::start;
}

void Collectors::Worker::on(const protocol::Started& started) {
  if (answers(Step::start, started.id, "started")) step_ = Step::window;
}

void Collectors::Worker::on(const protocol::Samples& samples) {
  if (!answers(Step::stop, samples.id, "samples")) return;
  for (const protocol::SampleValue& sample : samples.samples) {
    if (++sample_count_ > options_.samples_max)
      return misbehaved("more than " + std::to_string(options_.samples_max) +
                        " samples in one window");
    const auto index = indices_.find(sample.metric);
    if (index == indices_.end())
      return misbehaved("a sample of '" + sample.metric + "', which it does not declare");
    values_[index->second] = sample.value;
  }
}

void Collectors::Worker::on(const protocol::PartResult& result) {
  if (!answers(Step::stop, result.id, "result")) return;
  const bool declared =
      std::any_of(result_.parts.begin(), result_.parts.end(),
                  [&](const CollectorPart& part) { return part.name == result.part; });
  if (!declared) return misbehaved("a result of '" + result.part + "', which it does not declare");
  Result<HostResult> parsed = parse_host_result(result.json);
  if (!parsed) return misbehaved("a result of '" + result.part + "': " + parsed.error().message);
  host_results_[result.part] = std::move(*parsed);
}

void Collectors::Worker::on(const protocol::Stopped& stopped) {
  if (!answers(Step::stop, stopped.id, "stopped")) return;
  complete_ = true;
  step_ = Step::idle;
}

void Collectors::Worker::on(const protocol::Failed& failed) {
  const std::string reason = failed.reason.empty() ? "failed without a reason" : failed.reason;
  if (step_ == Step::hello) {
    final_ = true;
    return fail(failed.refused ? CollectorStatus::refused : CollectorStatus::failed, reason);
  }
  if (!answers(step_ == Step::start ? Step::start : Step::stop, failed.id, "failed")) return;
  step_ = Step::idle;
  lost_window_ = true;
  result_.status = CollectorStatus::failed;
  result_.reason = reason;
}

void Collectors::Worker::on(const protocol::Log& log) {
  if (log.level != "warning" && log.level != "error") return;
  log_.push_back(log.level + ": " + log.text);
  if (log_.size() > kLogLinesMax) log_.pop_front();
}

void Collectors::Worker::overdue(Milliseconds limit) {
  const std::string_view asked = step_ == Step::hello  ? "hello"
                                 : step_ == Step::ping ? "ping"
                                 : step_ == Step::stop ? "stop"
                                                       : "start";
  fail(CollectorStatus::timed_out,
       "did not answer '" + std::string(asked) + "' within " + format_duration(limit));
}

std::string_view Collectors::Worker::place() const {
  switch (step_) {
    case Step::hello: return " while it was loaded";
    case Step::ping: return " before start";
    case Step::start: return " in start";
    case Step::window: return " during a window";
    case Step::stop: return " in stop";
    default: return " between two windows";
  }
}

void Collectors::Worker::ended() {
  const Exit exit = peer_->end(kExitWait);
  fail(CollectorStatus::crashed, how_it_ended(exit) + std::string(place()));
}

void Collectors::Worker::misbehaved(const std::string& what) {
  fail(CollectorStatus::misbehaved, "sent" + std::string(place()) + ": " + what);
}

void Collectors::Worker::fail(CollectorStatus status, std::string reason) {
  lost_window_ = lost_window_ || step_ == Step::window || step_ == Step::stop;
  result_.status = status;
  result_.reason = std::move(reason);
  failed_at_ = clock_.monotonic();
  if (peer_) {
    peer_->end(kEndGrace);
    last_words_ = last_lines(peer_->errors());
  }
  peer_.reset();
  step_ = Step::off;
}

void Collectors::Worker::refuse(std::string reason) {
  final_ = true;
  fail(CollectorStatus::refused, std::move(reason));
}

void Collectors::Worker::drop() {
  final_ = true;
  dropped_ = true;
  quit();
}

void Collectors::Worker::miss_window() {
  complete_ = false;
  lost_window_ = true;
}

std::vector<Sample> Collectors::Worker::take_samples() {
  std::vector<Sample> result;
  if (!std::exchange(complete_, false)) return result;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    if (values_[i])
      result.push_back(
          {.collector = result_.name, .metric = result_.metrics[i].metric, .value = *values_[i]});
  }
  return result;
}

std::vector<HostResult> Collectors::Worker::take_host_results(const std::string& begun,
                                                              const std::string& ended) {
  std::vector<HostResult> results;
  for (const CollectorPart& part : running_) {
    const bool told = host_results_.contains(part.name);
    HostResult result = std::move(host_results_[part.name]);
    if (result_.status != CollectorStatus::ok)
      result.errors.push_back(std::string(to_string(result_.status)) + ": " + result_.reason);
    else if (!told)
      result.errors.push_back("said nothing");
    result.collector = part.name;
    result.category = part.category;
    result.tier = part.tier;
    result.start_time = begun;
    result.end_time = ended;
    results.push_back(std::move(result));
  }
  host_results_.clear();
  return results;
}

CollectorResult Collectors::Worker::result() const {
  CollectorResult result = result_;
  result.log.assign(log_.begin(), log_.end());
  result.log.insert(result.log.end(), last_words_.begin(), last_words_.end());
  return result;
}

}  // namespace melisai::collect
