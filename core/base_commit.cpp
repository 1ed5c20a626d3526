#include "core/base_commit.h"

#include <algorithm>
#include <charconv>

#include "core/base/text.h"

namespace melisai {
namespace {

constexpr std::string_view kTag = "tag:";
constexpr std::string_view kRun = "run:";
constexpr std::string_view kOrigin = "origin/";

std::string short_sha(const std::string& sha) { return sha.substr(0, 12); }

Stop baseline_stop(const std::string& reason) { return {ReasonCode::baseline, reason}; }

/// Head's own history: the fork point, or its parent when head is already part of the default
/// branch.
Step<BaseAnswer> merge_base_of(const BaseQuestion& question, GitRepo& git) {
  const CommitInfo& head = question.head;
  MELISAI_TRY(const std::string branch, step(git.default_branch(), ReasonCode::git));
  MELISAI_TRY(const std::string tip, step(git.resolve(branch), ReasonCode::git));
  BaseAnswer answer;
  MELISAI_TRY(answer.commit.sha, step(git.merge_base(tip, head.sha), ReasonCode::git));
  answer.commit.ref = "merge base with " + branch;
  if (answer.commit.sha != head.sha || question.worktree) return answer;
  const Result<std::string> parent = git.resolve(head.sha + "~1");
  if (!parent)
    return Stop{ReasonCode::git, head.ref +
                                     " has no parent to compare with; commit a change, or use "
                                     "--head WORKTREE for what is not committed yet"};
  answer.commit = {.sha = *parent, .ref = "parent of " + head.ref};
  answer.warnings.push_back(head.ref + " is already part of " + branch +
                            "; it is compared with its parent");
  return answer;
}

/// The commit of a stored run, built and measured again: numbers of another hour are weaker than a
/// side-by-side run, so they are never compared with.
Step<BaseAnswer> commit_of_run(const store::Run& run, const std::string& ref,
                               const BaseQuestion& question, GitRepo& git) {
  const std::string name = "run " + std::to_string(run.summary.id);
  if (run.summary.head.sha.empty())
    return baseline_stop(name +
                         " has no commit to compare with (it compared two commands, or "
                         "ended before its head was known); `melisai-gate runs` lists others");
  if (run.summary.head.ref == kWorkTree)
    return baseline_stop(name +
                         " measured a work tree, which no commit holds; `melisai-gate runs` "
                         "lists others");
  if (!run.machine)
    return baseline_stop(name + " did not finish; `melisai-gate runs` lists others");
  const std::string differences = machine_differences(*run.machine, question.machine);
  if (!differences.empty())
    return baseline_stop(name + " was measured on another machine (" + differences +
                         "); its numbers say nothing here: use --base " +
                         short_sha(run.summary.head.sha) + " to measure that commit side by side");
  const Result<std::string> sha = git.resolve(run.summary.head.sha);
  if (!sha)
    return baseline_stop("commit " + short_sha(run.summary.head.sha) + " of " + name +
                         " is not in this repository, so it cannot be measured side by side; "
                         "`git fetch origin " +
                         run.summary.head.sha + "` may get it");
  BaseAnswer answer{.commit = {.sha = *sha, .ref = ref}, .warnings = {}};
  answer.warnings.push_back("the stored numbers of " + name +
                            " are weaker than a side-by-side run; its commit " + short_sha(*sha) +
                            " is built and measured again instead");
  return answer;
}

std::string without_origin(const std::string& branch) {
  return branch.starts_with(kOrigin) ? branch.substr(kOrigin.size()) : branch;
}

/// Why no green run fits: never measured, elsewhere, or otherwise configured.
Step<BaseAnswer> no_green_run(const BaseQuestion& question,
                              const std::vector<std::string>& branches, const store::Store& store) {
  MELISAI_TRY(const std::vector<store::Baseline> all,
              step(store.baselines(question.project), ReasonCode::disk));
  std::string reason;
  for (const store::Baseline& baseline : all) {
    if (std::find(branches.begin(), branches.end(), baseline.branch) == branches.end()) continue;
    const std::string run = "run " + std::to_string(baseline.run) + ", the last green of branch " +
                            in_quotes(baseline.branch);
    if (baseline.fingerprint != question.machine.fingerprint) {
      MELISAI_TRY(const store::Run stored, step(store.run(baseline.run), ReasonCode::disk));
      reason = run + ", was measured on another machine (" +
               machine_differences(stored.machine.value_or(Machine{}), question.machine) + ")";
      break;
    }
    reason = run + ", was measured with another configuration";
  }
  if (reason.empty()) {
    std::string names;
    for (const std::string& branch : branches)
      names += (names.empty() ? "" : " or ") + in_quotes(branch);
    reason = "no green run of branch " + (names.empty() ? "(none is checked out)" : names) +
             " is stored";
  }
  return baseline_stop(reason +
                       "; a check with --base merge-base that passes there becomes the next one");
}

Step<BaseAnswer> last_green(const BaseQuestion& question, GitRepo& git, const store::Store& store) {
  std::vector<std::string> branches;
  if (!question.branch.empty()) branches.push_back(question.branch);
  if (const Result<std::string> usual = git.default_branch(); usual)
    if (const std::string name = without_origin(*usual); name != question.branch)
      branches.push_back(name);
  for (const std::string& branch : branches) {
    MELISAI_TRY(const auto baseline,
                step(store.baseline({.project = question.project,
                                     .branch = branch,
                                     .configuration = question.configuration,
                                     .fingerprint = question.machine.fingerprint}),
                     ReasonCode::disk));
    if (!baseline) continue;
    MELISAI_TRY(const store::Run run, step(store.run(baseline->run), ReasonCode::disk));
    return commit_of_run(run,
                         (baseline->pinned ? "pinned baseline of " : "last green of ") + branch +
                             ", run " + std::to_string(baseline->run),
                         question, git);
  }
  return no_green_run(question, branches, store);
}

Step<BaseAnswer> named(const std::string& ref, const std::string& shown, GitRepo& git) {
  BaseAnswer answer;
  MELISAI_TRY(answer.commit.sha, step(git.resolve(ref), ReasonCode::git));
  answer.commit.ref = shown;
  return answer;
}

void compare(const std::string& what, const std::string& then, const std::string& now,
             std::string& differences) {
  if (then == now) return;
  differences += (differences.empty() ? "" : ", ") + what + " " + in_quotes(now) + " instead of " +
                 in_quotes(then);
}

std::string gibibytes(std::int64_t bytes) {
  return std::to_string((bytes + (1 << 29)) / (1 << 30)) + " GiB";
}

/// No branch has such a name, but git reads it as another commit than the one the name is of:
/// main~1.
bool is_expression(const std::string& head) {
  return head.find_first_of("~^:?*[\\ ") != std::string::npos ||
         head.find("@{") != std::string::npos || head.find("..") != std::string::npos;
}

}  // namespace

Result<BaseChoice> parse_base_choice(const std::string& text) {
  using Kind = BaseChoice::Kind;
  if (text.empty() || text == "merge-base") return BaseChoice{};
  if (text == "last-green") return BaseChoice{.kind = Kind::last_green, .value = "", .run = 0};
  if (text.starts_with(kTag)) {
    const std::string glob = text.substr(kTag.size());
    if (glob.empty())
      return Error{Errc::usage, "--base tag: needs a pattern, for example --base 'tag:v*'"};
    return BaseChoice{.kind = Kind::tag, .value = glob, .run = 0};
  }
  if (text.starts_with(kRun)) {
    BaseChoice choice{.kind = Kind::run, .value = "", .run = 0};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + kRun.size(), end, choice.run);
    if (error != std::errc{} || stop != end || choice.run < 1)
      return Error{Errc::usage,
                   "--base run: needs the number of a run; `melisai-gate runs` lists "
                   "them"};
    return choice;
  }
  return BaseChoice{.kind = Kind::reference, .value = text, .run = 0};
}

Step<BaseAnswer> choose_base(const BaseQuestion& question, GitRepo& git,
                             const store::Store& store) {
  const BaseChoice& choice = question.choice;
  switch (choice.kind) {
    case BaseChoice::Kind::merge_base: return merge_base_of(question, git);
    case BaseChoice::Kind::last_green: return last_green(question, git, store);
    case BaseChoice::Kind::reference: return named(choice.value, choice.value, git);
    case BaseChoice::Kind::tag: {
      MELISAI_TRY(const std::string tag,
                  step(git.last_tag(choice.value, question.head.sha), ReasonCode::git));
      return named("refs/tags/" + tag, "tag " + tag, git);
    }
    case BaseChoice::Kind::run: {
      const Result<store::Run> run = store.run(choice.run);
      if (!run && run.error().code == Errc::not_found) return baseline_stop(run.error().message);
      if (!run) return stop_for(run.error(), ReasonCode::disk);
      return commit_of_run(*run, "run " + std::to_string(choice.run), question, git);
    }
  }
  return Stop{ReasonCode::internal, "unknown kind of base"};
}

std::string branch_of(const std::string& head, const std::string& sha, GitRepo& git,
                      const EnvLookup& env) {
  if (head != "HEAD" && head != kWorkTree) {
    if (is_expression(head)) return "";
    const Result<std::string> tip = git.resolve("refs/heads/" + head);
    return tip && *tip == sha ? head : "";
  }
  const Result<std::string> checked_out = git.branch();
  if (checked_out && !checked_out->empty()) return *checked_out;
  // A job may have checked out something else than what started it: a pull request, on a comment.
  if (env("GITHUB_SHA") == sha && env("GITHUB_REF_TYPE") == "branch")
    return env("GITHUB_REF_NAME").value_or("");
  return env("CI_COMMIT_SHA") == sha ? env("CI_COMMIT_BRANCH").value_or("") : "";
}

bool is_pull_request(const EnvLookup& env) {
  return env("GITHUB_EVENT_NAME").value_or("").starts_with("pull_request") ||
         env("CI_MERGE_REQUEST_IID").has_value();
}

bool is_green(const Report& report, double declared_threshold) {
  const auto& rows = report.benchmarks;
  const auto clear = [](const BenchmarkResult& row) {
    return row.gating && row.decision == Decision::clear;
  };
  const auto accepted = [](const BenchmarkResult& row) { return row.acknowledged.has_value(); };
  return report.verdict == Verdict::pass && report.base.sha != report.head.sha &&
         report.threshold <= declared_threshold && std::any_of(rows.begin(), rows.end(), clear) &&
         std::none_of(rows.begin(), rows.end(), accepted);
}

std::string machine_differences(const Machine& then, const Machine& now) {
  if (then.fingerprint == now.fingerprint) return "";
  std::string differences;
  compare("CPU", then.cpu_model, now.cpu_model, differences);
  compare("number of CPUs", std::to_string(then.cpus), std::to_string(now.cpus), differences);
  compare("kernel", then.kernel, now.kernel, differences);
  compare("virtualisation", then.virtualisation, now.virtualisation, differences);
  compare("governor", then.governor, now.governor, differences);
  compare("memory", gibibytes(then.memory_bytes), gibibytes(now.memory_bytes), differences);
  return differences.empty() ? "fingerprint " + now.fingerprint + " instead of " + then.fingerprint
                             : differences;
}

}  // namespace melisai
