#include "core/bisection.h"

#include <algorithm>
#include <utility>

#include "core/gate/gate.h"
#include "core/measure/measure.h"
#include "core/report/report.h"

namespace melisai {
namespace {

using Kind = BisectResult::Kind;
using recover::Answer;
using recover::Judged;

constexpr int kSearchesMax = 3;

/// Something is wrong with the commit, not with the machine: another commit may be tried.
bool is_about_the_commit(const Stop& stop) {
  return stop.code == ReasonCode::build_failed || stop.code == ReasonCode::git;
}

const BenchmarkResult* slowest_of(const std::vector<BenchmarkResult>& results) {
  const BenchmarkResult* slowest = nullptr;
  for (const BenchmarkResult& result : results) {
    if (!result.gating || !result.effect) continue;
    if (slowest == nullptr || *result.effect > *slowest->effect) slowest = &result;
  }
  return slowest;
}

/// A name that the repository does not know was typed wrongly.
Step<std::string> resolve(GitRepo& git, const std::string& option, const std::string& ref) {
  const Result<std::string> sha = git.resolve(ref);
  if (sha) return *sha;
  const Error error = with_context(sha.error(), option);
  return stop_for(error,
                  error.code == Errc::not_found ? ReasonCode::configuration : ReasonCode::git);
}

}  // namespace

Bisection::Bisection(const BisectRequest& request, World& world)
    : request_(request),
      world_(world),
      start_(world.clock.monotonic()),
      report_(begin_report(request, world)) {
  report_.command = "bisect";
  report_.base.ref = request.good;
  report_.head.ref = request.bad;
}

Step<void> Bisection::prepare() {
  MELISAI_TRY(repository_, open_repository(request_.directory, request_.state_dir, world_));
  MELISAI_TRY(report_.base.sha, resolve(*repository_.git, "--good", request_.good));
  MELISAI_TRY(report_.head.sha, resolve(*repository_.git, "--bad", request_.bad));
  result_.good = report_.base;
  result_.bad = report_.head;
  MELISAI_TRY(commits_, step(repository_.git->commits_between(report_.base.sha, report_.head.sha),
                             ReasonCode::git));
  for (std::size_t i = 0; i < commits_.size(); ++i) {
    index_[commits_[i].sha] = i;
    candidates_.push_back({commits_[i].sha, commits_[i].parents});
  }
  search_.emplace(candidates_, report_.head.sha);
  MELISAI_TRY(LoadedProject loaded, load_project({.directory = request_.directory,
                                                  .top = repository_.top,
                                                  .config_file = request_.config_file,
                                                  .sha = report_.head.sha,
                                                  .worktree = false,
                                                  .commands = request_.commands,
                                                  .overrides = request_.overrides},
                                                 *repository_.git, world_.env));
  project_ = std::move(loaded.project);
  if (!request_.pipelines.empty()) project_.pipelines = request_.pipelines;
  if (!request_.project.empty()) project_.name = request_.project;
  repository_.git = world_.open_repo(request_.directory, project_.git);
  MELISAI_TRY(plan_, step(run::make_plan(project_, request_.only), ReasonCode::configuration));
  return {};
}

BisectPlan Bisection::plan() const {
  BisectPlan plan{.commits = commits_.size(), .merges = {}, .steps = search_->steps_left()};
  for (const GitCommit& each : commits_)
    if (search_->is_merge(each.sha)) plan.merges.push_back(each);
  if (const auto first = search_->next()) plan.first = commit(*first);
  return plan;
}

Step<void> Bisection::run() {
  const Step<void> flow = [&]() -> Step<void> {
    MELISAI_CHECK(begin());
    MELISAI_CHECK(compare_bad_with_good());
    for (bool more = !rule_.series.empty(); more;) {
      MELISAI_CHECK(search());
      MELISAI_TRY(more, settle());
    }
    return {};
  }();
  good_.reset();
  if (comparer_) comparer_->evict();
  if (search_ && !rule_.series.empty()) result_.skipped = skipped();
  if (!flow && !rule_.series.empty()) end_with(Kind::cannot_tell, flow.error().reason);
  return keep_report(flow);
}

Step<void> Bisection::begin() {
  describe_rule(project_, report_);
  MELISAI_CHECK(step(report::prepare_directory(request_.output_dir), ReasonCode::disk));
  report_.machine = measure::identify_machine();
  MELISAI_TRY(
      RunLog log,
      begin_run(request_,
                {.command = "bisect", .directory = request_.directory, .project = project_.name},
                report_, world_));
  log_.emplace(std::move(log));
  context_ = {.branch = branch_of(request_.bad, report_.head.sha, *repository_.git, world_.env),
              .configuration = run::configuration_hash(plan_, project_.measure),
              .trusted = !is_pull_request(world_.env)};
  comparer_.emplace(BisectComparer::Setting{.request = request_,
                                            .project = project_,
                                            .plan = plan_,
                                            .only = request_.only,
                                            .fingerprint = report_.machine.fingerprint,
                                            .seed = report_.seed},
                    *repository_.git, world_);
  return {};
}

/// Judged as a check would: what the gate cannot see there, no search can find.
Step<void> Bisection::compare_bad_with_good() {
  MELISAI_TRY(run::BuildSlot good, comparer_->build_side("base", report_.base.sha, report_.stages));
  good_.emplace(std::move(good));
  MELISAI_TRY(const run::BuildSlot bad,
              comparer_->build_side("head", report_.head.sha, report_.stages));
  BisectComparer::Measured measured =
      comparer_->measure(good_->tree(), bad.tree(), project_.gate, &*log_);
  report_.benchmarks = std::move(measured.benchmarks);
  report_.measurements = std::move(measured.measurements);
  if (!log_->failure().empty()) {
    report_.warnings.push_back(log_->failure());
    world_.progress.note(log_->failure());
  }
  MELISAI_CHECK(measured.end);
  if (const std::string& why = comparer_->unprotected(); !why.empty()) {
    report_.warnings.push_back(why);
    world_.progress.note(why);
  }
  gate::conclude(report_);
  // One answer more than the search needs: the culprit against its parent.
  rule_ = recover::bisect_rule(project_.gate, report_.benchmarks, search_->steps_left() + 1);
  if (!rule_.series.empty()) {
    result_.bad_against_good = recover::judge(report_.benchmarks, rule_).result;
    comparer_->restrict_to(rule_.series);
    return {};
  }
  if (const BenchmarkResult* slowest = slowest_of(report_.benchmarks))
    result_.bad_against_good = *slowest;
  if (report_.verdict == Verdict::error) return Stop{report_.reason_code, report_.reason};
  end_with(report_.verdict == Verdict::inconclusive ? Kind::cannot_tell : Kind::not_slower,
           report_.reason);
  return {};
}

Step<void> Bisection::search() {
  while (const std::optional<std::string> sha = search_->next()) {
    MELISAI_TRY(Judged judged, ask("", *sha));
    search_->answer(*sha, judged.answer);
    record({.commit = commit(*sha), .base = BisectBase::good, .judged = std::move(judged)});
  }
  return {};
}

/// What is left is confirmed by fresh pairs of a commit and its parent. A merge is measured only
/// here: when it is the parent of the one other commit that is left. True: search once more.
Step<bool> Bisection::settle() {
  while (only_merges_are_left()) {
    const std::vector<std::string> left = search_->suspects();
    const std::string newest = left.back();
    const std::string parent = search_->first_parent(newest);
    MELISAI_TRY(BisectStep step, compare_with_parent(newest, parent));
    const Judged judged = step.judged;
    record(std::move(step));
    if (judged.answer == Answer::slow) {
      result_.alone = judged.result;
      result_.suspects = {commit(newest)};
      result_.confidence = confidence();
      result_.kind = Kind::culprit;
      return false;
    }
    if (left.size() == 1 && judged.answer == Answer::fast && search_anew(newest)) return true;
    if (left.size() == 1) {
      end_with(Kind::cannot_tell,
               "the search ended at " + short_sha(newest) +
                   (judged.answer == Answer::fast
                        ? ", but fresh pairs do not show it slower than its parent"
                        : ", which could not be compared with its parent: " + judged.why));
      return false;
    }
    if (judged.answer == Answer::unknown) break;
    search_->answer(parent, Answer::slow);
  }
  result_.confidence = confidence();
  end_with(Kind::range);
  return false;
}

/// Commits after the first of several slowdowns are in between slow and fast, and answer now this,
/// now that. A search that ended among them has found a commit that is less slow than the bad one:
/// it becomes the bad one of a new search, which asks for half of its slowdown.
bool Bisection::search_anew(const std::string& slow) {
  const auto found =
      std::find_if(result_.steps.rbegin(), result_.steps.rend(), [&](const BisectStep& step) {
        return step.commit.sha == slow && step.base == BisectBase::good &&
               step.judged.answer == Answer::slow;
      });
  if (found == result_.steps.rend() || searches_ == kSearchesMax) return false;
  ++searches_;
  search_.emplace(candidates_, slow);
  rule_ = recover::bisect_rule(project_.gate, {found->judged.result}, search_->steps_left() + 1);
  world_.progress.note("several slowdowns: searching for the one that " + short_sha(slow) + " has");
  return true;
}

/// Besides the newest suspect, which then has a single parent unless it is the last one.
bool Bisection::only_merges_are_left() const {
  std::vector<std::string> left = search_->suspects();
  const std::string newest = left.back();
  left.pop_back();
  if (left.empty()) return true;
  return !search_->is_merge(newest) && std::all_of(left.begin(), left.end(), [&](const auto& sha) {
    return search_->is_merge(sha);
  });
}

/// `base`: "" for the good commit.
Step<Judged> Bisection::ask(const std::string& base, const std::string& sha) {
  const auto unless_hopeless = [](const Stop& stop) -> Step<Judged> {
    if (!is_about_the_commit(stop)) return stop;
    return Judged{.answer = Answer::unknown, .why = stop.reason, .result = {}};
  };
  std::optional<run::BuildSlot> other;
  if (!base.empty() && base != report_.base.sha) {
    Step<run::BuildSlot> built = comparer_->build(base);
    if (!built) return unless_hopeless(built.error());
    other.emplace(*std::move(built));
  }
  const Step<run::BuildSlot> built = comparer_->build(sha);
  if (!built) return unless_hopeless(built.error());
  const BisectComparer::Measured measured =
      comparer_->measure(other ? other->tree() : good_->tree(), built->tree(), rule_.policy);
  MELISAI_CHECK(measured.end);
  return recover::judge(measured.benchmarks, rule_);
}

/// The good commit stands in for a parent that does not exist or cannot be built, unless that
/// parent is a suspect itself.
Step<BisectStep> Bisection::compare_with_parent(const std::string& sha, const std::string& parent) {
  BisectStep step{.commit = commit(sha), .base = BisectBase::parent, .judged = {}};
  if (!parent.empty()) {
    MELISAI_TRY(step.judged, ask(parent, sha));
    const bool was_measured = !step.judged.result.name.empty();
    if (was_measured || search_->suspects().size() > 1) return step;
  }
  step.base = BisectBase::good;
  MELISAI_TRY(step.judged, ask("", sha));
  return step;
}

void Bisection::record(BisectStep step) {
  step.error = recover::error_of(step.judged.answer, rule_.policy);
  const std::string left =
      step.base == BisectBase::parent
          ? ""
          : "; " + report::count_of(search_->suspects().size(), "suspect") + " left";
  world_.progress.note(to_line(step) + left);
  result_.steps.push_back(std::move(step));
  comparer_->evict();
}

void Bisection::end_with(Kind kind, const std::string& reason) {
  result_.kind = kind;
  result_.reason = reason;
  result_.suspects = kind == Kind::not_slower ? std::vector<GitCommit>{} : suspects();
}

const GitCommit& Bisection::commit(const std::string& sha) const {
  return commits_[index_.at(sha)];
}

std::vector<GitCommit> Bisection::suspects() const {
  std::vector<GitCommit> all;
  for (const std::string& sha : search_->suspects()) all.push_back(commit(sha));
  return all;
}

std::vector<BisectSkip> Bisection::skipped() const {
  std::vector<BisectSkip> all;
  const auto is_new = [&](const GitCommit& one) {
    return std::none_of(all.begin(), all.end(),
                        [&](const BisectSkip& each) { return each.commit.sha == one.sha; });
  };
  for (const BisectStep& step : result_.steps)
    if (step.judged.answer == Answer::unknown && is_new(step.commit))
      all.push_back({step.commit, step.judged.why});
  const std::string& measured =
      result_.kind == Kind::culprit ? result_.suspects.front().sha : report_.head.sha;
  for (const GitCommit& merge : plan().merges)
    if (merge.sha != report_.head.sha && merge.sha != measured && is_new(merge))
      all.push_back({merge, "a merge"});
  return all;
}

/// One minus the sum of the errors of all answers, that bad is slower than good among them (Boole's
/// inequality); the errors are those of recover::bisect_rule.
double Bisection::confidence() const {
  double error = project_.gate.false_alarm;
  for (const BisectStep& step : result_.steps) error += step.error;
  return std::max(0.0, 1 - error);
}

/// The report of bad against good, also when the search did not come to an end.
Step<void> Bisection::keep_report(const Step<void>& flow) {
  report_.seconds = std::chrono::duration<double>(world_.clock.monotonic() - start_).count();
  if (!flow && rule_.series.empty()) {
    report_.verdict = Verdict::error;
    report_.reason_code = flow.error().code;
    report_.reason = flow.error().reason;
    if (report_.reason_code == ReasonCode::interrupted) gate::conclude(report_);
  }
  const Result<void> written = report::write_reports(report_, request_.output_dir);
  Result<void> stored;
  if (log_) stored = log_->finish(report_, context_);
  log_.reset();
  if (!flow) return flow;
  MELISAI_CHECK(step(written, ReasonCode::disk));
  return step(stored, ReasonCode::disk);
}

}  // namespace melisai
