#include "core/naming/naming.h"

#include <algorithm>
#include <csignal>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "core/naming/confine.h"
#include "core/naming/wire.h"

namespace melisai::naming {
namespace {

constexpr const char* kProgram = "melisai-gate-symbols";
constexpr Milliseconds kEndWait{1'000};  // of a process that has closed its line
constexpr Milliseconds kLook{100};       // between two looks for an interrupt
constexpr const char* kWhatToDo =
    "; one of the files that it read may be damaged or made to do that: look at what was built, "
    "and report it as a defect if there is nothing to see";

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const std::string whole = text.substr(0, end + 1);
  return whole.substr(whole.rfind('\n') + 1);
}

}  // namespace

Result<flame::Named> Namer::name_stacks(const CollectedStacks& collected, flame::Weight weight) {
  MELISAI_TRY(const std::string answer, ask(names_request(collected, weight)));
  return read_names(answer, collected, weight);
}

Result<symbols::SourceLine> Namer::line_of(symbols::FrameId place) {
  if (!peer_ && !lost_) return Error{Errc::not_found, "no stacks were named"};
  MELISAI_TRY(const std::string answer, ask(line_request(place)));
  return read_line(answer);
}

Result<std::vector<symbols::FileProblem>> Namer::problems() {
  if (!peer_ && !lost_) return std::vector<symbols::FileProblem>();
  MELISAI_TRY(const std::string answer, ask(problems_request()));
  return read_problems(answer);
}

std::optional<pid_t> Namer::pid() const {
  return peer_ ? std::optional(peer_->pid()) : std::nullopt;
}

Result<std::string> Namer::ask(const std::string& request) {
  if (lost_) return *lost_;
  const SystemClock clock;
  const auto begun = clock.monotonic();
  Result<std::string> answer = converse(request);
  used_ += std::chrono::ceil<Milliseconds>(clock.monotonic() - begun);
  if (answer) return answer;
  lost_ = answer.error();
  peer_.reset();
  return answer;
}

Result<std::string> Namer::converse(const std::string& request) {
  const SystemClock clock;
  auto deadline = clock.monotonic() + left();
  const auto left_now = [&] {
    return std::max(std::chrono::ceil<Milliseconds>(deadline - clock.monotonic()), Milliseconds(0));
  };
  bool is_cut = false;
  const auto cut_when_interrupted = [&] {
    if (is_cut || !is_interrupted()) return;
    is_cut = true;
    deadline = std::min(deadline, clock.monotonic() + kInterruptedTimeMax);
  };
  const auto late = [&] {
    if (is_cut) return Error{Errc::interrupted, "interrupted"};
    return Error{Errc::timeout, std::string(kProgram) + " did not answer within " +
                                    format_duration(options_.time_max) + kWhatToDo};
  };
  cut_when_interrupted();
  if (!peer_) MELISAI_CHECK(start());
  if (const Result<void> sent = peer_->send(request, left_now()); !sent)
    return sent.error().code == Errc::timeout ? late() : ended();
  std::string answer;
  while (!is_whole(answer)) {
    cut_when_interrupted();
    const Result<bool> open = peer_->receive(answer, std::min(left_now(), kLook));
    if (!open && open.error().code != Errc::timeout) return open.error();
    if (open && !*open) return ended();
    if (left_now() == Milliseconds(0)) return late();
    if (answer.size() > kAnswerBytesMax)
      return Error{Errc::limit, std::string(kProgram) + " answered more than " +
                                    format_bytes(kAnswerBytesMax) + kWhatToDo};
  }
  return answer;
}

Result<void> Namer::start() {
  std::string program = options_.program;
  if (program.empty()) {
    MELISAI_TRY(program, find_helper(kProgram));
  }
  MELISAI_TRY(Peer peer,
              Peer::start({.program = std::move(program),
                           .args = options_.living ? std::vector<std::string>{kLivingOption}
                                                   : std::vector<std::string>{},
                           .env = {}}));
  peer_.emplace(std::move(peer));
  return {};
}

Error Namer::ended() {
  const Exit exit = peer_->end(kEndWait);
  const std::string said = last_line(peer_->errors());
  std::string message = std::string(kProgram) + " ended too early: " + describe(exit, kEndWait);
  if (exit.end == Exit::End::signalled && exit.code == SIGXCPU)
    message += ", after " + format_duration(kCpuTimeMax) + " of CPU time";
  if (!said.empty()) message += " (" + said + ")";
  return {Errc::process, message + kWhatToDo};
}

}  // namespace melisai::naming
