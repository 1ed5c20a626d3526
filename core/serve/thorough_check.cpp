#include "core/serve/thorough_check.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/files.h"
#include "core/serve/work.h"
#include "core/serve/workspace.h"

namespace melisai::serve {
namespace {

using supervise::Issue;
using supervise::IssueSeverity;

/// What one look needs; values, for the other thread.
struct Look {
  const ServeWorld& world;
  std::string state_dir;
  std::string workspace;
  std::vector<std::string> repositories;  ///< of ours
  GitOptions git;
};

void add(const std::string& what, const Result<void>& looked, std::vector<Issue>& issues) {
  if (!looked) issues.push_back({IssueSeverity::high, what + ": " + looked.error().message});
}

/// To the disk and back: write_file() syncs.
Result<void> try_disk(const std::string& directory) {
  const std::string file = directory + "/health";
  const std::string content = "a health check wrote this\n";
  MELISAI_CHECK(write_file(file, content));
  MELISAI_TRY(const std::string read, read_file(file, content.size()));
  MELISAI_CHECK(remove_tree(file));
  if (read != content) return Error{Errc::io, file + " does not hold what was written to it"};
  return {};
}

/// What is looked at, one after the other.
std::vector<std::function<std::vector<Issue>()>> steps_of(const Look& look) {
  const auto step = [](const std::string& what, std::function<Result<void>()> question) {
    return [what, question = std::move(question)] {
      std::vector<Issue> issues;
      add(what, question(), issues);
      return issues;
    };
  };
  std::vector<std::function<std::vector<Issue>()>> steps{
      step("state directory", [directory = look.state_dir] { return try_disk(directory); }),
      step("workspace", [directory = look.workspace] { return try_disk(directory); }),
      step("queue", [directory = look.state_dir] {
        return store::Queue::look_for_damage(directory, kQueueLookMax);
      })};
  for (const std::string& repository : look.repositories)
    steps.push_back(step("git", [&world = look.world, git = look.git, repository] {
      const auto branch = world.open_repo(repository, git, world.interrupt)->branch();
      return branch ? Result<void>() : Result<void>(branch.error());
    }));
  return steps;
}

}  // namespace

ThoroughCheck::ThoroughCheck(Context& context, std::function<bool()> measuring)
    : context_(context), measuring_(std::move(measuring)) {}

ThoroughCheck::~ThoroughCheck() {
  *alive_ = false;
  own_.join();
}

// One of them a look, in turns: it is a process each.
std::vector<std::string> ThoroughCheck::next_repository() {
  const auto& projects = context_.config.projects;
  for (std::size_t tried = 0; tried < projects.size(); ++tried) {
    const WatchedProject& project = projects[next_project_++ % projects.size()];
    const std::string repository = repository_of(context_.state_dir, project.name);
    if (access(repository.c_str(), F_OK) == 0) return {repository};
  }
  return {};
}

void ThoroughCheck::check(Checked done) {
  if (measuring_()) return done(last_);
  GitOptions git = context_.config.git;
  git.timeout = std::min(git.timeout, kGitLookMax);
  const Look look{.world = context_.world,
                  .state_dir = context_.state_dir,
                  .workspace = workspace_of(context_.config.orchestrator, context_.state_dir),
                  .repositories = next_repository(),
                  .git = git};
  go_on({.steps = steps_of(look), .found = {}, .done = std::move(done)});
}

// A benchmark that begins meanwhile waits for one step and not for all. What was found is of part
// of a look then, and says less than the last whole one.
void ThoroughCheck::go_on(Progress progress) {
  if (progress.next == progress.steps.size()) {
    last_ = progress.found;
    return progress.done(std::move(progress.found));
  }
  if (measuring_()) return progress.done(last_);
  boost::asio::post(own_, [this, alive = alive_, &loop = context_.loop,
                           progress = std::move(progress)]() mutable {
    for (Issue& issue : progress.steps[progress.next++]())
      progress.found.push_back(std::move(issue));
    boost::asio::post(loop, [this, alive, progress = std::move(progress)]() mutable {
      if (*alive) go_on(std::move(progress));
    });
  });
}

}  // namespace melisai::serve
