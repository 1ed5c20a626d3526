#include "core/serve/thorough_check.h"

#include <unistd.h>

#include <algorithm>

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

std::vector<Issue> issues_of(const Look& look) {
  std::vector<Issue> issues;
  add("state directory", try_disk(look.state_dir), issues);
  add("workspace", try_disk(look.workspace), issues);
  add("queue", store::Queue::look_for_damage(look.state_dir, kQueueLookMax), issues);
  for (const std::string& repository : look.repositories) {
    const auto branch = look.world.open_repo(repository, look.git, look.world.interrupt)->branch();
    add("git", branch ? Result<void>() : Result<void>(branch.error()), issues);
  }
  return issues;
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
  Look look{.world = context_.world,
            .state_dir = context_.state_dir,
            .workspace = workspace_of(context_.config.orchestrator, context_.state_dir),
            .repositories = next_repository(),
            .git = git};
  boost::asio::post(own_, [this, alive = alive_, &loop = context_.loop, look = std::move(look),
                           done = std::move(done)] {
    boost::asio::post(loop, [this, alive, done, issues = issues_of(look)] {
      if (!*alive) return;
      last_ = issues;
      done(issues);
    });
  });
}

}  // namespace melisai::serve
