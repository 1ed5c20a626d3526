#include "core/serve/approver.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/base/text.h"

namespace melisai::serve {
namespace {

constexpr Milliseconds kRetryFirst{5'000};
constexpr Milliseconds kRetryMax{120'000};
constexpr int kDoublingsMax = 10;
constexpr Milliseconds kQuietLook{10'000};
constexpr Milliseconds kQuietMax{60'000};  // between two benchmarks there may be no moment

Milliseconds delay_after(int tries) {
  return std::min(kRetryFirst * (1 << std::min(tries, kDoublingsMax)), kRetryMax);
}

/// A time further away than any delay is one of a clock that was wrong.
bool is_due(const store::ApprovalRequest& request, WallTime now) {
  return request.not_before <= now || request.not_before > now + kRetryMax;
}

std::string_view word_of(store::Approval::Action action) {
  using Action = store::Approval::Action;
  switch (action) {
    case Action::approve: return "approval";
    case Action::retry: return "retry";
    case Action::measure: return "another measurement";
    case Action::accept: return "acceptance";
  }
  return "";
}

std::string name_of(const store::ApprovalRequest& request) {
  const store::Approval& wanted = request.approval;
  const std::string subject = wanted.run == 0 ? "pull request " + std::to_string(wanted.number)
                                              : "run " + std::to_string(wanted.run);
  return wanted.project + ": " + subject + ", " + std::string(word_of(wanted.action)) + " by " +
         request.via + " of " + in_quotes(request.login);
}

}  // namespace

Approver::Approver(Context& context, Calls calls)
    : context_(context), calls_(std::move(calls)), timer_(context.loop) {}

Approver::~Approver() {
  *alive_ = false;
  if (interrupt_) interrupt_->request();
  thread_.join();
}

void Approver::start(Done done) {
  interrupt_ = std::make_shared<Interrupt>();
  running_ = true;
  done({});
  wake();
}

void Approver::stop(Done done) {
  running_ = false;
  stopped_ = std::move(done);
  timer_.cancel();
  if (interrupt_) interrupt_->request();
  answer_stop();
}

void Approver::answer_stop() {
  if (stopped_ && !busy_) std::exchange(stopped_, nullptr)({});
}

void Approver::check(Checked done) {
  const auto asked = context_.queue.asked_approvals();
  if (!asked) return done(asked.error());
  done(std::vector<supervise::Issue>{});
}

void Approver::wake() {
  if (!running_ || busy_) return;
  const auto asked = context_.queue.asked_approvals();
  if (!asked) {
    log_error("the queue cannot be read: " + asked.error().message);
    return wake_in(kQueueRetry);
  }
  if (asked->empty()) return;
  const WallTime now = context_.now();
  const bool has_waited = std::any_of(
      asked->begin(), asked->end(),
      [&](const store::ApprovalRequest& request) { return now >= request.asked_at + kQuietMax; });
  if (calls_.measuring() && !has_waited) return wake_in(kQuietLook);
  std::optional<WallTime> next;
  for (const store::ApprovalRequest& request : *asked) {
    if (is_due(request, now)) return begin(request);
    next = std::min(next.value_or(request.not_before), request.not_before);
  }
  wake_in(std::chrono::ceil<Milliseconds>(*next - now));
}

void Approver::wake_in(Milliseconds delay) {
  timer_.expires_after(delay);
  timer_.async_wait([this, alive = alive_](auto error) {
    if (!error && *alive) wake();
  });
}

const WatchedProject* Approver::find_project(const std::string& name) const {
  const auto& projects = context_.config.projects;
  const auto found =
      std::find_if(projects.begin(), projects.end(),
                   [&](const WatchedProject& project) { return project.name == name; });
  return found == projects.end() ? nullptr : &*found;
}

void Approver::begin(const store::ApprovalRequest& request) {
  const WatchedProject* const project = find_project(request.approval.project);
  if (project == nullptr)
    return end(request, Error{Errc::config, "the configuration has no such project any more"});
  busy_ = true;
  boost::asio::post(thread_, [this, alive = alive_, &loop = context_.loop, project = *project,
                              request, ask = calls_.may_write, interrupt = interrupt_] {
    const Result<bool> answer = ask(project, request, *interrupt);
    boost::asio::post(loop, [this, alive, request, answer] {
      if (!*alive) return;
      busy_ = false;
      // Whoever was interrupted knows nothing.
      if (running_) end(request, answer);
      answer_stop();
    });
  });
}

void Approver::end(const store::ApprovalRequest& request, const Result<bool>& answer) {
  const auto ended = context_.queue.end_approval(request, end_of(request, answer), context_.now());
  if (!ended) {
    log_error(name_of(request) + " cannot be written to the queue: " + ended.error().message);
    return wake_in(kQueueRetry);
  }
  if (*ended) tell(request, **ended);
  wake_in(Milliseconds(0));
}

store::ApprovalEnd Approver::end_of(const store::ApprovalRequest& request,
                                    const Result<bool>& answer) const {
  if (answer && *answer) return {.may_write = true, .reason = ""};
  if (answer)
    return {
        .may_write = false,
        .reason = in_quotes(request.login) + " may not write to the repository, says its forge"};
  const Error& error = answer.error();
  const bool is_final = error.code == Errc::config || error.code == Errc::usage;
  const WatchedProject* const project = find_project(request.approval.project);
  const Milliseconds patience =
      project == nullptr ? Milliseconds(0) : project->pull_requests.approval_timeout;
  // The tries count too: a clock that somebody sets is no reason.
  const bool is_over =
      request.tries + 1 >= kApprovalTriesMin && context_.now() - request.asked_at >= patience;
  if (is_final) return {.may_write = false, .reason = error.message};
  if (is_over)
    return {.may_write = false,
            .reason = "the forge could not be asked for " + format_duration(patience) + ": " +
                      error.message};
  return {.may_write = false,
          .reason = error.message,
          .again = context_.now() + delay_after(request.tries)};
}

void Approver::tell(const store::ApprovalRequest& request, const store::ApprovalOutcome& outcome) {
  const bool granted = outcome.granted;
  if (!granted && outcome.refused.empty())
    return log_warning(name_of(request) + " waits: the forge could not be asked");
  const std::string message =
      name_of(request) +
      (!granted ? " is refused: " + outcome.refused
       : request.approval.action == store::Approval::Action::accept
           ? " is granted: what is slower at " + request.approval.sha + " counts no more"
           : " is granted: " + request.approval.sha + " may run");
  granted ? log_info(message) : log_warning(message);
  context_.bus.publish(
      {.type = supervise::EventType::status_update,
       .severity = granted ? supervise::EventSeverity::info : supervise::EventSeverity::warning,
       .source = "approver",
       .run = "",
       .pipeline = "",
       .engine = "",
       .message = message,
       .data = ""});
  if (granted) calls_.approved();
}

}  // namespace melisai::serve
