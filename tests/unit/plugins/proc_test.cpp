#include "plugins/common/proc.h"

#include <gmock/gmock.h>

#include "tests/unit/plugins/proc_fixture.h"

namespace melisai::plugins {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class ProcFiles : public ProcFixture {};

TEST_F(ProcFiles, AreReadUpToTheirLimit) {
  put_proc("a", std::string(5000, 'x'));
  EXPECT_EQ(read_text(proc() + "/a", 10), "xxxxxxxxxx");
  EXPECT_EQ(read_text(proc() + "/a", 10'000), std::string(5000, 'x'));
  EXPECT_EQ(read_text(proc() + "/a")->size(), 4096u);
  EXPECT_EQ(read_text(proc() + "/gone"), std::nullopt);
  EXPECT_EQ(read_text(proc()), std::nullopt);
}

TEST_F(ProcFiles, StayReadableWhenHeld) {
  put_proc("a", "one");
  HeldFile held(proc() + "/a");
  EXPECT_EQ(held.read(), "one");
  put_proc("a", "other");
  EXPECT_EQ(held.read(), "other");
  std::filesystem::remove(proc() + "/a");
  HeldFile moved = std::move(held);
  EXPECT_EQ(moved.read(), "other");
  moved = HeldFile();
  EXPECT_EQ(moved.read(), std::nullopt);
}

TEST_F(ProcFiles, AreFoundByNumber) {
  for (const char* name : {"7/stat", "12/stat", "self/stat", "-3/stat", "4x/stat"})
    put_proc(name, "");
  EXPECT_THAT(numbered_entries(proc(), 10), UnorderedElementsAre(7, 12));
  EXPECT_EQ(numbered_entries(proc(), 1).size(), 1u);
  EXPECT_THAT(numbered_entries(proc() + "/gone", 10), IsEmpty());
}

TEST(ProcText, IsSplitAtBlanks) {
  EXPECT_THAT(words(" a  bc\td\n"), ElementsAre("a", "bc", "d"));
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words(" \n"), IsEmpty());
}

TEST(ProcText, GivesCountsOnly) {
  EXPECT_EQ(to_count("0"), 0);
  EXPECT_EQ(to_count("1194580"), 1194580);
  EXPECT_EQ(to_count("18446744073709551615"), std::int64_t{1} << 59);
  for (const char* bad : {"", "-1", "+1", "1x", "x1", " 1", "0x1", "1.5"})
    EXPECT_EQ(to_count(bad), std::nullopt) << bad;
}

TEST(ProcText, FindsCountsAtTheStartOfALine) {
  const std::string io = "cancelled_wchar: 9\nrchar: 11\nwchar: 22\n";
  EXPECT_EQ(count_after(io, "wchar:"), 22);
  EXPECT_EQ(count_after(io, "rchar:"), 11);
  EXPECT_EQ(count_after("VmHWM:\t    120 kB", "VmHWM:"), 120);
  EXPECT_EQ(count_after(io, "syscr:"), std::nullopt);
  EXPECT_EQ(count_after("rchar:\n7", "rchar:"), std::nullopt);
  EXPECT_EQ(count_after("rchar: seven", "rchar:"), std::nullopt);
}

TEST(ProcText, CountersOnlyGrow) {
  EXPECT_EQ(growth(5, 8), 3);
  EXPECT_EQ(growth(8, 5), 0);
}

TEST(ProcessStatLine, IsReadFieldByField) {
  const auto stat = parse_process_stat(stat_line({.process = 12,
                                                  .state = 'R',
                                                  .parent = 7,
                                                  .minor_faults = 1,
                                                  .children_minor_faults = 20,
                                                  .major_faults = 300,
                                                  .children_major_faults = 4000,
                                                  .user = 5,
                                                  .system = 60,
                                                  .children_user = 700,
                                                  .children_system = 8000,
                                                  .threads = 9,
                                                  .start = 1234,
                                                  .resident_pages = 77}));
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'R');
  EXPECT_EQ(stat->parent, 7);
  EXPECT_EQ(stat->minor_faults, 21);
  EXPECT_EQ(stat->major_faults, 4300);
  EXPECT_EQ(stat->user_ticks, 705);
  EXPECT_EQ(stat->system_ticks, 8060);
  EXPECT_EQ(stat->threads, 9);
  EXPECT_EQ(stat->start_ticks, 1234);
  EXPECT_EQ(stat->resident_pages, 77);
}

TEST(ProcessStatLine, SurvivesAnyName) {
  for (const char* name : {"", ") S 1 2 3", "a b", "))\n((", "0"}) {
    const auto stat = parse_process_stat(stat_line({.process = 3, .name = name, .parent = 7}));
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->parent, 7) << name;
  }
}

TEST(ProcessStatLine, IsRefusedWhenItIsNone) {
  const std::string line = stat_line({.process = 3});
  for (const std::string& bad :
       {std::string(), std::string("3 (a"), line.substr(0, 40), std::string("3 (a) S x y z")})
    EXPECT_FALSE(parse_process_stat(bad)) << bad;
  std::string letters = line;
  letters.replace(letters.find("5000"), 4, "late");
  EXPECT_FALSE(parse_process_stat(letters));
}

TEST(ProcessStatLine, TellsWhetherTheProcessHasEnded) {
  const auto ended = [](char state, int threads) {
    return parse_process_stat(stat_line({.process = 3, .state = state, .threads = threads}))
        ->ended();
  };
  EXPECT_TRUE(ended('Z', 1));
  EXPECT_TRUE(ended('X', 0));
  EXPECT_FALSE(ended('Z', 4));  // only the first thread has ended
  EXPECT_FALSE(ended('S', 1));
}

TEST(PressureFile, HasALineForSomeAndOneForAll) {
  const std::string text =
      "some avg10=0.09 avg60=0.53 avg300=0.37 total=5388\n"
      "full avg10=0.00 avg60=0.00 avg300=0.00 total=12\n";
  EXPECT_EQ(parse_pressure(text, "some"), 5388);
  EXPECT_EQ(parse_pressure(text, "full"), 12);
  EXPECT_EQ(parse_pressure("some avg10=0.09 total=5388\n", "full"), std::nullopt);
  EXPECT_EQ(parse_pressure("some avg10=0.09 total=\n", "some"), std::nullopt);
  EXPECT_EQ(parse_pressure("", "some"), std::nullopt);
  EXPECT_EQ(pressure_average(text, "some", "avg60="), 0.53);
  EXPECT_EQ(pressure_average(text, "full", "avg10="), 0);
  EXPECT_EQ(pressure_average("some avg10=-1 total=1\n", "some", "avg10="), std::nullopt);
  EXPECT_EQ(pressure_average("some avg10=nan total=1\n", "some", "avg10="), std::nullopt);
}

TEST(PlainNumber, FillsItsWordAndIsNotNegative) {
  EXPECT_EQ(to_number("0.25"), 0.25);
  EXPECT_EQ(to_number("12"), 12);
  for (const char* word : {"", "-1", "-0", "inf", "nan", "1e3", "0.25x", " 1"})
    EXPECT_EQ(to_number(word), std::nullopt) << word;
}

TEST(ChosenWord, StandsInBrackets) {
  EXPECT_EQ(chosen_word("always [madvise] never\n"), "madvise");
  EXPECT_EQ(chosen_word("none\n"), "none");
  EXPECT_EQ(chosen_word("[] a"), "[]");
  EXPECT_EQ(chosen_word("\n"), "");
}

TEST(GrowthOfAKey, NeedsBothReadings) {
  EXPECT_EQ(growth_after("a 1\nb 2\n", "a 1\nb 5\n", "b "), 3);
  EXPECT_EQ(growth_after("b 5\n", "b 2\n", "b "), 0);
  EXPECT_EQ(growth_after("a 1\n", "b 2\n", "b "), std::nullopt);
  EXPECT_EQ(growth_after("b x\n", "b 2\n", "b "), std::nullopt);
}

TEST_F(ProcFiles, OfOneNumberHaveNothingElse) {
  put_proc("a", "60\n");
  put_proc("b", "60 70\n");
  EXPECT_EQ(read_count(proc() + "/a"), 60);
  EXPECT_EQ(read_count(proc() + "/b"), std::nullopt);
  EXPECT_EQ(read_count(proc() + "/gone"), std::nullopt);
}

TEST_F(ProcFiles, AreListedByName) {
  put_proc("b", "");
  put_proc("a", "");
  EXPECT_THAT(entry_names(proc(), 9), ElementsAre("a", "b"));
  EXPECT_EQ(entry_names(proc(), 1).size(), 1u);
  EXPECT_THAT(entry_names(proc() + "/gone", 9), IsEmpty());
}

TEST(ProcessName, EndsAtTheLastBracket) {
  EXPECT_EQ(process_name("7 (a) (b\n) S 1"), "a) (b\n");
  EXPECT_EQ(process_name("7 )a( S"), "");
  EXPECT_EQ(process_name("7 a"), "");
}

}  // namespace
}  // namespace melisai::plugins
