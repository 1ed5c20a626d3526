// World: everything outside that a command may touch, built by main and handed down.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/config.h"
#include "core/base/git.h"
#include "core/base/process.h"
#include "core/collect/collect.h"
#include "core/model/progress.h"

namespace melisai {

struct World {
  const Clock& clock;
  ProcessRunner& processes;
  ProgressSink& progress;
  EnvLookup env;
  std::function<std::unique_ptr<GitRepo>(const std::string& directory, const GitOptions& options)>
      open_repo;
  std::function<bool()> interrupted;
  collect::PluginPlaces plugins;  ///< of the installation
  /// File that keeps gates on this machine apart (base/machine_lock.h); "": nothing does.
  std::string machine_lock = {};
};

}  // namespace melisai
