// Profiles with names: folded stacks, which functions grew, and flame graphs of the difference.
// Pure.
#pragma once

#include "core/flame/activity.h"
#include "core/flame/collected.h"
#include "core/flame/difference.h"
#include "core/flame/stacks.h"
#include "core/flame/svg.h"
