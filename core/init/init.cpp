#include "core/init/init.h"

#include <algorithm>
#include <filesystem>

#include "core/base/files.h"
#include "core/base/output.h"
#include "core/base/text.h"
#include "core/init/pipeline_file.h"
#include "core/init/systems.h"
#include "core/init/tree.h"

namespace melisai::init {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPipelineFile = ".melisai-gate.yaml";
constexpr const char* kGithubFile = ".github/workflows/melisai-gate.yml";
constexpr const char* kGitlabFile = ".gitlab/melisai-gate.yml";
constexpr const char* kGitlabMain = ".gitlab-ci.yml";
constexpr const char* kGitlabInclude = "include:\n  - local: .gitlab/melisai-gate.yml\n";

std::string names_of_systems() {
  std::string names;
  for (const BuildSystem& each : build_systems())
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  return names;
}

bool is_there(const std::string& path) {
  std::error_code error;
  return fs::symlink_status(path, error).type() != fs::file_type::not_found;
}

std::size_t sure_ones(const Seen& seen) {
  return static_cast<std::size_t>(
      std::count_if(seen.benchmarks.begin(), seen.benchmarks.end(),
                    [](const SeenBenchmark& each) { return each.is_sure; }));
}

void add_workflow(const InitRequest& request, const Seen& seen, Proposal& proposal) {
  if (request.ci == Ci::github) {
    proposal.files.push_back({kGithubFile, github_workflow(seen, request.action)});
    if (request.action.empty())
      proposal.remarks.push_back(
          std::string(kGithubFile) +
          ": replace OWNER/melisai-gate@v0 by the action and the commit that you trust (or "
          "say --action)");
  }
  if (request.ci != Ci::gitlab) return;
  proposal.files.push_back({kGitlabFile, gitlab_jobs(seen)});
  proposal.remarks.push_back(std::string(kGitlabFile) +
                             ": say in its first lines where the sources of melisai-gate are");
  // Somebody's own jobs are never touched, whatever --force says.
  if (!is_there(request.directory + "/" + kGitlabMain))
    proposal.files.push_back({kGitlabMain, kGitlabInclude});
  else
    proposal.remarks.push_back(std::string("add to ") + kGitlabMain +
                               ": include: [{ local: .gitlab/melisai-gate.yml }]");
}

}  // namespace

Result<Proposal> propose(const InitRequest& request) {
  MELISAI_TRY(const SourceTree tree, SourceTree::read(request.directory));
  const auto system = std::find_if(build_systems().begin(), build_systems().end(),
                                   [&](const BuildSystem& each) { return each.is_here(tree); });
  if (system == build_systems().end())
    return Error{Errc::usage,
                 "no build system is seen in " + in_quotes(request.directory) + " (" +
                     names_of_systems() +
                     "); name the root of the repository with -C, or begin with one of "
                     "the ready pipeline files"};
  const Seen seen = system->look(tree);
  Proposal proposal{
      .system = std::string(system->name), .files = {}, .remarks = {}, .measures = false};
  proposal.files.push_back({kPipelineFile, pipeline_file(system->name, seen)});
  proposal.measures = sure_ones(seen) > 0;
  if (!proposal.measures)
    proposal.remarks.push_back(std::string(kPipelineFile) +
                               ": nothing is measured yet; its comments say what could be");
  if (tree.is_cut())
    proposal.remarks.push_back(
        "there are more files than were looked at; benchmarks may be missing");
  if (!is_there(request.directory + "/.git"))
    proposal.remarks.push_back(
        "this is not the root of a git repository, where these files belong");
  add_workflow(request, seen, proposal);
  return proposal;
}

Result<void> init(const InitRequest& request, const std::function<bool(std::string_view)>& print) {
  MELISAI_TRY(const Proposal proposal, propose(request));
  for (const NewFile& file : proposal.files)
    if (!request.force && is_there(request.directory + "/" + file.path))
      return Error{Errc::usage, in_quotes(file.path) +
                                    " is there already, and nothing was written; --force "
                                    "replaces it"};
  std::string text = "saw " + proposal.system + "\n";
  for (const NewFile& file : proposal.files) {
    const std::string path = request.directory + "/" + file.path;
    MELISAI_CHECK(make_directories(fs::path(path).parent_path().string()));
    MELISAI_CHECK(write_file(path, file.text));
    text += "wrote " + file.path + "\n";
  }
  for (const std::string& remark : proposal.remarks) text += "next: " + remark + "\n";
  text += proposal.measures
              ? "next: commit them, then a change, and run `melisai-gate check`\n"
              : "next: say what is measured, commit the files, then a change, and run "
                "`melisai-gate check`\n";
  return print(text) ? Result<void>() : Result<void>(cannot_print());
}

}  // namespace melisai::init
