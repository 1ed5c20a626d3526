#include "core/serve/notifier.h"

#include <algorithm>
#include <filesystem>

#include "core/base/files.h"
#include "core/base/log.h"
#include "core/base/thread.h"
#include "core/serve/report_sink.h"

namespace melisai::serve {
namespace {

constexpr std::size_t kLookAhead = 100;  // waiting deliveries of a sink that are looked at
constexpr Milliseconds kRetryFirst{30'000};
constexpr Milliseconds kRetryMax{1'800'000};
constexpr int kDoublingsMax = 10;
/// A benchmark may take hours; people should not learn of a failure that late.
constexpr Milliseconds kQuietMax{1'800'000};
/// For how long a forge is told of a report: nobody can merge without its check. What somebody
/// accepted waits as long for the store, which a check holds to its end.
constexpr Milliseconds kForgeMax{24 * 3'600'000LL};

Milliseconds delay_after(int tries) {
  return std::min(kRetryFirst * (1 << std::min(tries, kDoublingsMax)), kRetryMax);
}

/// A time further away than any delay is one of a clock that was wrong.
bool is_due(const store::Delivery& delivery, WallTime now) {
  return delivery.not_before <= now || delivery.not_before > now + kRetryMax;
}

/// What deliveries of a daemon that was killed left.
void remove_leftovers(const std::string& state_dir) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(state_dir, error)) {
    if (!entry.path().filename().string().starts_with("notice-")) continue;
    if (const Result<void> removed = remove_tree(entry.path().string()); !removed)
      log_warning(removed.error().message);
  }
}

}  // namespace

Notifier::Notifier(Context& context, std::vector<Sink> sinks, std::function<bool()> measuring)
    : context_(context),
      sinks_(std::move(sinks)),
      measuring_(std::move(measuring)),
      timer_(context.loop) {
  context_.queue.set_notice_rules(notice_rules(context.config, sinks_));
}

Notifier::~Notifier() {
  *alive_ = false;
  if (interrupt_) interrupt_->request();
  threads_.clear();
}

void Notifier::start(Done done) {
  remove_leftovers(context_.state_dir);
  interrupt_ = std::make_shared<Interrupt>();
  running_ = true;
  done({});
  wake();
}

void Notifier::stop(Done done) {
  running_ = false;
  stopped_ = std::move(done);
  timer_.cancel();
  if (interrupt_) interrupt_->request();
  answer_stop();
}

void Notifier::answer_stop() {
  if (stopped_ && busy_.empty()) std::exchange(stopped_, nullptr)({});
}

void Notifier::check(Checked done) {
  const auto counts = context_.queue.delivery_counts();
  if (!counts) return done(counts.error());
  done(std::vector<supervise::Issue>{});
}

void Notifier::wake() {
  if (!running_) return;
  const WallTime now = context_.now();
  if (hold_until_ && now < *hold_until_ && now + kRetryFirst >= *hold_until_)
    return arm(hold_until_);
  hold_until_.reset();
  const auto next = context_.queue.tell_durations(now);
  const auto waiting = context_.queue.waiting_deliveries(kLookAhead);
  if (!next || !waiting) {
    log_error("the queue cannot be used to tell anybody: " +
              (next ? waiting.error() : next.error()).message);
    return arm(now + kQueueRetry);
  }
  const std::optional<WallTime> due = deliver_due(*waiting);
  if (hold_until_) return arm(hold_until_);
  arm(due && *next ? std::min(*due, **next) : due ? due : *next);
}

std::optional<WallTime> Notifier::deliver_due(const std::vector<store::Delivery>& waiting) {
  const WallTime now = context_.now();
  const bool measuring = measuring_();
  std::optional<WallTime> due;
  const auto look_again = [&due](WallTime at) { due = std::min(due.value_or(at), at); };
  for (const store::Delivery& delivery : waiting) {
    const WallTime quiet_until = delivery.notice.at + kQuietMax;
    if (!is_due(delivery, now)) {
      look_again(delivery.not_before);
    } else if (measuring && now < quiet_until) {
      look_again(quiet_until);
    } else if (deliver(delivery)) {
      look_again(context_.now() + kRetryFirst);
      // There may be more than were looked at.
      if (waiting.size() >= kLookAhead) look_again(now);
    }
    if (hold_until_) break;
  }
  return due;
}

/// True when that is over already, well or not.
bool Notifier::deliver(const store::Delivery& delivery) {
  if (busy_.contains(delivery.sink)) return false;
  const auto sink = std::find_if(sinks_.begin(), sinks_.end(), [&](const Sink& candidate) {
    return candidate.name == delivery.sink;
  });
  if (sink == sinks_.end())
    end(delivery, Error{Errc::config, "is not configured any more"});
  else
    begin(delivery, *sink);
  return !busy_.contains(delivery.sink);
}

void Notifier::begin(const store::Delivery& delivery, const Sink& sink) {
  if (!sink.blocks) return end(delivery, sink.deliver(delivery.notice, *interrupt_));
  busy_.insert(sink.name);
  Result<std::jthread> thread = start_thread([this, alive = alive_, &loop = context_.loop, delivery,
                                              deliver = sink.deliver, interrupt = interrupt_] {
    const Result<void> delivered = deliver(delivery.notice, *interrupt);
    boost::asio::post(loop, [this, alive, delivery, delivered] {
      if (!*alive) return;
      busy_.erase(delivery.sink);
      if (running_) end(delivery, delivered);
      answer_stop();
      wake();
    });
  });
  if (thread) {
    threads_[sink.name] = *std::move(thread);  // the one before has nothing more to do
    return;
  }
  busy_.erase(sink.name);
  end(delivery, thread.error());
}

void Notifier::end(const store::Delivery& delivery, const Result<void>& delivered) {
  const auto ended = context_.queue.end_delivery(delivery, end_of(delivery, delivered));
  if (ended) return;
  // It would be delivered again and again.
  hold_until_ = context_.now() + kRetryFirst;
  log_error("the queue cannot be written: " + ended.error().message);
}

store::DeliveryEnd Notifier::end_of(const store::Delivery& delivery,
                                    const Result<void>& delivered) const {
  if (delivered) return {};
  store::DeliveryEnd end{.problem = delivered.error().message};
  const std::string what = "notice " + std::to_string(delivery.notice.id) + " for '" +
                           delivery.sink + "': " + end.problem;
  if (delivered.error().code != Errc::config && may_be_tried(delivery)) {
    end.retry_at = context_.now() + delay_after(delivery.tries);
    log_warning(what + "; tried again");
    return end;
  }
  log_error(what + "; given up");
  context_.bus.publish({.type = supervise::EventType::status_update,
                        .severity = supervise::EventSeverity::error,
                        .source = "notifier",
                        .run = delivery.notice.proposal ? "" : name_of(delivery.notice.run),
                        .pipeline = delivery.notice.run.pipeline,
                        .message = what + "; given up"});
  return end;
}

bool Notifier::may_be_tried(const store::Delivery& delivery) const {
  const Notice& notice = delivery.notice;
  const bool is_of_forge = delivery.sink == report_sink_of(notice.run.project);
  if (is_of_forge) return context_.now() - notice.at < kForgeMax;
  return delivery.tries < context_.config.notify.retries_max;
}

void Notifier::arm(std::optional<WallTime> next) {
  timer_.cancel();
  if (!next) return;
  timer_.expires_after(std::max(*next - context_.now(), WallTime::duration::zero()));
  timer_.async_wait([this, alive = alive_](auto error) {
    if (!error && *alive) wake();
  });
}

}  // namespace melisai::serve
