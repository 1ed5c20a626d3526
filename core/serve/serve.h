// Serve: the daemon that watches repositories and runs their pipelines, and the commands around it.
#pragma once

#include "core/serve/commands.h"
#include "core/serve/config.h"
#include "core/serve/daemon.h"
#include "core/serve/detach.h"
#include "core/serve/pipelines.h"
#include "core/serve/validate.h"
#include "core/serve/work.h"
