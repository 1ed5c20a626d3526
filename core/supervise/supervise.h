// Supervise: the daemon's parts as modules under one supervisor, and the bus on which they tell
// what happens. The public header of this folder.
#pragma once

#include "core/supervise/asio_scheduler.h"  // IWYU pragma: export
#include "core/supervise/event_bus.h"       // IWYU pragma: export
#include "core/supervise/module.h"          // IWYU pragma: export
#include "core/supervise/scheduler.h"       // IWYU pragma: export
#include "core/supervise/supervisor.h"      // IWYU pragma: export
