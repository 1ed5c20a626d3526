#include "core/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"

namespace melisai {
namespace {

TEST(Log, AMessageIsOneLineOfAFile) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "log-test-").value();
  const std::string path = directory.path() + "/gate.log";
  LogTargets targets{.level = LogLevel::info, .console = false, .files = {{.path = path}}};
  targets.render = [](const LogLine& line) { return "ours - " + line.message; };
  ASSERT_TRUE(open_log(targets));
  log_info("started x\nours - forged\r\x1b[2K");
  ASSERT_TRUE(open_log({}));
  EXPECT_EQ(read_file(path, 1 << 10).value(), "ours - started x\\nours - forged??[2K\n");
}

}  // namespace
}  // namespace melisai
