// Which worker runs a plugin: the installed collector ebpf runs in melisai-gate-worker-bpf where
// this process has no capabilities to hand on and that program's file has. Private to core/collect.
#pragma once

#include <string>

#include "core/collect/collect.h"
#include "core/collect/discovery.h"

namespace melisai::collect {

struct WorkerProgram {
  std::string path;
  bool takes_file = true;  ///< is told what to load
};
WorkerProgram worker_program(const Candidate& candidate, const PluginPlaces& places);

}  // namespace melisai::collect
