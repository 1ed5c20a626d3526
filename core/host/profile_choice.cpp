// Profiles by name: those of a project's pipeline file, and the built-in ones.
#include <sstream>

#include "core/base/files.h"
#include "core/base/text.h"
#include "core/host/host.h"
#include "core/run/run.h"

namespace melisai::host {
namespace {

constexpr const char* kByDefault = "standard";

Result<std::vector<HostProfile>> own_profiles(const ProfileChoice& choice) {
  if (choice.name.empty() && choice.config_file.empty()) return std::vector<HostProfile>{};
  const std::string file =
      choice.config_file.empty() ? choice.directory + "/" + run::kPipelineFile : choice.config_file;
  const Result<std::string> text = read_file(file, run::kPipelineFileMax);
  if (!text && text.error().code == Errc::not_found && choice.config_file.empty())
    return std::vector<HostProfile>{};
  if (!text) return text.error();
  return run::parse_profiles(*text, choice.config_file.empty() ? run::kPipelineFile : file);
}

}  // namespace

Result<std::vector<std::string>> parse_focus(const std::string& list) {
  std::vector<std::string> words;
  std::istringstream text(list);
  for (std::string word; std::getline(text, word, ',');) {
    word.erase(0, word.find_first_not_of(' '));
    word.erase(word.find_last_not_of(' ') + 1);
    if (const std::string problem = focus_problem(word); !problem.empty())
      return Error{Errc::usage, problem + ", joined by commas"};
    words.push_back(word);
  }
  return words;
}

Result<HostProfile> choose_profile(const ProfileChoice& choice) {
  MELISAI_TRY(const std::vector<HostProfile> own, own_profiles(choice));
  Result<HostProfile> profile = find_profile(choice.name.empty() ? kByDefault : choice.name, own);
  if (!profile)
    return Error{Errc::usage,
                 "--profile: " + profile.error().message + "; own ones are `collect.profiles` of " +
                     (choice.config_file.empty() ? std::string(run::kPipelineFile) +
                                                       " in this directory, or of --config FILE"
                                                 : in_quotes(choice.config_file))};
  if (!choice.focus.empty()) profile->focus = choice.focus;
  if (!choice.duration) return profile;
  return with_duration(*std::move(profile), *choice.duration);
}

}  // namespace melisai::host
