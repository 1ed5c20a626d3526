// Trigger: why a run starts. Pure parts behind the daemon's pollers and timers; the only header of
// this folder that others include.
#pragma once

#include "core/trigger/cron.h"
#include "core/trigger/custom_trigger.h"
#include "core/trigger/poll_schedule.h"
#include "core/trigger/ref_changes.h"
#include "core/trigger/webhook.h"
#include "core/trigger/zone.h"
