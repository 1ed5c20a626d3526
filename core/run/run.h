// Run: from a declared project to built trees. Reads the pipeline file, plans which pipelines run
// on which side, checks commits out, runs their stages, and keeps finished builds for the next
// check. Called by the orchestrator; the readers of pipelines also by `serve`, whose configuration
// has them too.
#pragma once

#include "core/run/build_cache.h"
#include "core/run/configuration.h"
#include "core/run/kept_paths.h"
#include "core/run/pipelines_reader.h"
#include "core/run/plan.h"
#include "core/run/project_file.h"
#include "core/run/renew_tree.h"
#include "core/run/stage.h"
#include "core/run/work_directory.h"
