#include "core/base/lines.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <vector>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/interrupt.h"

namespace melisai {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::size_t kLineMax = 8;

/// Feeds a cutter and keeps what comes out.
struct Cut {
  LineCutter cutter{"in.txt", kLineMax};
  std::vector<std::string> lines;
  std::string refused;  ///< a line that is answered with an error

  LineCutter::EachLine keep() {
    return [this](std::string_view line) -> Result<void> {
      if (!refused.empty() && line == refused) return Error{Errc::parse, cutter.place() + ": no"};
      lines.emplace_back(line);
      return {};
    };
  }
  Result<void> add(std::string_view bytes) { return cutter.add(bytes, keep()); }
  Result<void> finish() { return cutter.finish(keep()); }
};

TEST(LineCutter, DoesNotCareWhereTheBytesAreCut) {
  constexpr std::string_view kText = "one\n\nthree\r\n12345678\nend";
  for (std::size_t size = 1; size <= kText.size(); ++size) {
    Cut cut;
    for (std::size_t at = 0; at < kText.size(); at += size)
      ASSERT_TRUE(cut.add(kText.substr(at, size)));
    ASSERT_TRUE(cut.finish());
    EXPECT_THAT(cut.lines, ElementsAre("one", "", "three\r", "12345678", "end")) << size;
    EXPECT_EQ(cut.cutter.place(), "in.txt:5");
  }
}

TEST(LineCutter, EndsWithAnEmptyLineAfterALineBreak) {
  Cut cut;
  ASSERT_TRUE(cut.add("one\n"));
  EXPECT_EQ(cut.cutter.number(), 1u);
  ASSERT_TRUE(cut.finish());
  EXPECT_THAT(cut.lines, ElementsAre("one", ""));
}

TEST(LineCutter, RefusesALongLineWhetherItEndsOrNot) {
  for (const char* parts : {"one\n123456789", "one\n123456789\n"}) {
    for (const std::size_t size : {1u, 5u, 40u}) {
      Cut cut;
      Result<void> added;
      const std::string_view text = parts;
      for (std::size_t at = 0; added && at < text.size(); at += size)
        added = cut.add(text.substr(at, size));
      ASSERT_FALSE(added) << size;
      EXPECT_EQ(added.error().code, Errc::limit);
      EXPECT_THAT(added.error().message, HasSubstr("in.txt:2: the line is longer than 8 B"));
      EXPECT_THAT(cut.lines, ElementsAre("one"));
    }
  }
}

TEST(LineCutter, StopsAtTheFirstLineThatIsRefused) {
  Cut cut;
  cut.refused = "two";
  const Result<void> added = cut.add("one\ntwo\nthree\n");
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "in.txt:2: no");
  EXPECT_THAT(cut.lines, ElementsAre("one"));
}

/// What read_parts hands over, in one piece.
Result<std::string> whole(const std::string& file) {
  std::string text;
  MELISAI_CHECK(read_parts(file, [&](std::string_view bytes) -> Result<void> {
    text += bytes;
    return {};
  }));
  return text;
}

std::string path_of(const Fd& fd) { return "/dev/fd/" + std::to_string(fd.get()); }

TEST(ReadParts, ReadsFilesOfManyPartsAndPipes) {
  const auto directory = TemporaryDirectory::make(::testing::TempDir(), "lines");
  ASSERT_TRUE(directory);
  const std::string file = directory->path() + "/file";
  std::string long_text;
  while (long_text.size() < 1'000'000) long_text += std::to_string(long_text.size()) + "\n";
  ASSERT_TRUE(write_file(file, long_text));
  EXPECT_EQ(*whole(file), long_text);

  Result<Pipe> pipe = Pipe::make();
  ASSERT_TRUE(pipe);
  ASSERT_EQ(write(pipe->write_end.get(), "short", 5), 5);
  pipe->write_end.reset();
  EXPECT_EQ(*whole(path_of(pipe->read_end)), "short");
}

TEST(ReadParts, NamesWhatItCannotRead) {
  EXPECT_EQ(whole("/no/such/file").error().code, Errc::not_found);
  EXPECT_THAT(whole("/no/such/file").error().message, HasSubstr("cannot read /no/such/file"));
  EXPECT_EQ(whole("/").error().code, Errc::io);
  EXPECT_EQ(input_name("-"), "standard input");
}

TEST(ReadParts, PassesOnWhatTheTakerSays) {
  const Result<void> done = read_parts("/proc/self/stat", [](std::string_view) -> Result<void> {
    return Error{Errc::limit, "enough"};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "enough");
}

TEST(ReadParts, EndsWhenARequestToStopInterruptsTheWait) {
  const SignalInterrupt interrupt;
  Result<Pipe> pipe = Pipe::make();
  ASSERT_TRUE(pipe);
  timer_t timer{};
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGTERM;
  ASSERT_EQ(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  const itimerspec again_and_again{{0, 10'000'000}, {0, 10'000'000}};
  ASSERT_EQ(timer_settime(timer, 0, &again_and_again, nullptr), 0);
  const Result<std::string> text = whole(path_of(pipe->read_end));
  timer_delete(timer);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Errc::interrupted);
  EXPECT_THAT(text.error().message, HasSubstr("interrupted while reading /dev/fd/"));
}

}  // namespace
}  // namespace melisai
