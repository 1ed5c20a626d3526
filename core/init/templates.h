// The workflows of ci/ in the program, so that what `init` writes is what the examples say. Private
// to core/init.
#pragma once

#include <string_view>

namespace melisai::init {

extern const std::string_view kGithubWorkflow;  ///< ci/github/pull-request.yml
extern const std::string_view kGitlabJobs;      ///< ci/gitlab/merge-request.yml

}  // namespace melisai::init
