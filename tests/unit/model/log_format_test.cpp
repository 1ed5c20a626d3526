#include "core/model/log_format.h"

#include <gtest/gtest.h>

namespace melisai {
namespace log_format_test {

const LogRecord kRecord = {"12:00", "serve", "INFO", "ready"};

std::string line_of(const std::string& format) {
  const Result<LogFormat> parsed = parse_log_format(format);
  return parsed ? log_line(*parsed, kRecord) : parsed.error().message;
}

TEST(LogFormat, TranslatesPythonsNames) {
  EXPECT_EQ(line_of(std::string(kLogFormatByDefault)), "12:00 - serve - INFO - ready");
  EXPECT_EQ(line_of("%(message)s"), "ready");
  EXPECT_EQ(line_of("[%(levelname)s] 100%% %(message)s!"), "[INFO] 100% ready!");
  EXPECT_EQ(line_of("constant"), "constant");
  EXPECT_EQ(line_of(""), "");
}

TEST(LogFormat, FillsUpToAWidth) {
  EXPECT_EQ(line_of("%(levelname)-8s|"), "INFO    |");
  EXPECT_EQ(line_of("%(levelname)8s|"), "    INFO|");
  EXPECT_EQ(line_of("%(levelname)2s|"), "INFO|");
}

TEST(LogFormat, NamesWhatItDoesNotKnow) {
  EXPECT_EQ(line_of("a %(thread)d"),
            "'%(thread)d' stands for nothing here; use %(asctime)s, %(name)s, %(levelname)s, "
            "%(message)s, or %% for the sign");
  for (const std::string wrong : {"%", "%s", "%(message)", "%(message)d", "%(message", "%()s",
                                  "%(message)999s", "%(message)--1s"})
    EXPECT_FALSE(parse_log_format(wrong)) << wrong;
}

TEST(LogFormat, AMessageIsNeverAFormat) {
  EXPECT_EQ(log_line(*parse_log_format("%(message)s"), {"", "", "", "%(name)s %"}), "%(name)s %");
}

}  // namespace log_format_test
}  // namespace melisai
