#include "core/base/collector_config.h"

#include <gmock/gmock.h>

namespace melisai::protocol {
namespace {

TEST(CollectorConfig, SaysNothingThatNobodyChose) { EXPECT_EQ(to_json({}), "{}"); }

TEST(CollectorConfig, SaysEveryKey) {
  EXPECT_EQ(to_json({.sample_interval_ms = 500,
                     .events_max = 10,
                     .proc_root = "/a",
                     .sys_root = "/b",
                     .pids = {7},
                     .cgroups = {"/c"},
                     .trace_exit = false,
                     .observer_pids = {1, 2}}),
            R"({"cgroups":["/c"],"max_events":10,"observer_pids":[1,2],"pids":[7],)"
            R"("proc_root":"/a","sample_interval_ms":500,"sys_root":"/b","trace_exit":false})");
}

}  // namespace
}  // namespace melisai::protocol
