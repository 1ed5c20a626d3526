#include "core/measure/formats/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace melisai::formats {
namespace csv_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Header and rows as lists of fields; an Error ends up as one field.
std::vector<CsvFields> table_of(std::string_view text, std::size_t chunk = 5) {
  Input input(text, "f", chunk);
  const Limits limits;
  Lines lines(input, limits);
  auto table = CsvTable::read_header(lines);
  if (!table) return {{table.error().message}};
  std::vector<CsvFields> rows{table->header()};
  while (true) {
    const auto row = table->next();
    if (!row) rows.push_back({row.error().message});
    if (!row || !*row) return rows;
    rows.push_back(**row);
  }
}

TEST(Csv, SplitsFieldsThatAreQuotedOrEmpty) {
  EXPECT_THAT(*split_csv(R"(a,"b,""c""",,)", ','), ElementsAre("a", R"(b,"c")", "", ""));
  EXPECT_THAT(*split_csv("", ','), ElementsAre(""));
  EXPECT_THAT(*split_csv(R"(a"b,c)", ','), ElementsAre(R"(a"b)", "c"));
}

TEST(Csv, RefusesQuotesThatAreWrong) {
  EXPECT_THAT(split_csv(R"("a)", ',').error().message, HasSubstr("does not end"));
  EXPECT_THAT(split_csv(R"("a"")", ',').error().message, HasSubstr("does not end"));
  EXPECT_THAT(split_csv(R"("a"b,c)", ',').error().message, HasSubstr("text between"));
}

TEST(Csv, HasALimitOfFields) {
  EXPECT_TRUE(split_csv(std::string(999, ','), ','));
  EXPECT_FALSE(split_csv(std::string(1'000, ','), ','));
}

TEST(CsvTable, FindsItsSeparatorInTheHeader) {
  for (const std::string separator : {",", ";", "\t"})
    EXPECT_THAT(table_of("a" + separator + "b\r\n1" + separator + "2\n"),
                ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
}

TEST(CsvTable, FillsShortRowsAndForgivesEmptyFieldsAtTheEnd) {
  EXPECT_THAT(table_of("a,b\n1\n\n1,2,,\n"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("1", ""), ElementsAre("1", "2")));
}

TEST(CsvTable, NamesTheLineThatIsWrong) {
  EXPECT_THAT(table_of("a,b\n\n1,2,3\n").back(), ElementsAre(HasSubstr("f:3: there are 3 fields")));
  EXPECT_THAT(table_of("a,b\n1,\"2\n").back(), ElementsAre(HasSubstr("f:2: a quoted field")));
  EXPECT_THAT(table_of("\"a,b\n").back(), ElementsAre(HasSubstr("f:1: a quoted field")));
  EXPECT_THAT(table_of("").back(), ElementsAre("there is no header"));
}

TEST(CsvTable, FindsColumnsInAnyCase) {
  Input input(" Name ,CPU_Time\n", "f");
  const Limits limits;
  Lines lines(input, limits);
  const auto table = CsvTable::read_header(lines);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->column("name"), 0u);
  EXPECT_EQ(table->column("cpu_time"), 1u);
  EXPECT_EQ(table->column("time"), std::nullopt);
}

}  // namespace csv_test
}  // namespace melisai::formats
