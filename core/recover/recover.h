// Recover: what to do after a regression. The only header of this folder that others include.
#pragma once

#include "core/recover/bisect_rule.h"
#include "core/recover/bisect_search.h"
