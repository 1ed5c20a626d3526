// Serve: the daemon that watches repositories and runs their pipelines. Here: its configuration and
// `validate`.
#pragma once

#include "core/serve/config.h"
#include "core/serve/pipelines.h"
#include "core/serve/validate.h"
