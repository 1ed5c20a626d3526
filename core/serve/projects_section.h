// The sections `project` and `projects`: repositories to watch. Part of config.
#pragma once

#include "core/serve/reading.h"

namespace melisai::serve {

/// What a project has that says nothing else.
struct ProjectDefaults {
  std::vector<std::string> branches;
  StageTimeouts timeouts;
  bool allow_http = false;     ///< plain http for repositories
  std::string webhook_secret;  ///< "": none
};

/// `project` is a list of one, before `projects`.
std::vector<WatchedProject> read_projects(ConfigMap& root, const ProjectDefaults& defaults,
                                          Reading& reading);

}  // namespace melisai::serve
