#include "core/measure/formats/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace melisai::formats {
namespace input_test {

using ::testing::HasSubstr;

constexpr std::string_view kMark = "\xEF\xBB\xBF";

Result<std::string> all_of(Input& input) {
  std::string all;
  while (true) {
    MELISAI_TRY(const std::string_view bytes, input.next());
    if (bytes.empty()) return all;
    all += bytes;
  }
}

std::string file_with(const std::string& text) {
  const std::string path = ::testing::TempDir() + "melisai_input_" + std::to_string(getpid());
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

std::string numbered(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + "\n";
  text.resize(size);
  return text;
}

TEST(Input, GivesOutFilesOfAnySizeWhole) {
  for (const std::size_t size :
       {std::size_t{0}, Input::kHeadBytes - 1, Input::kHeadBytes, 2 * Input::kHeadBytes + 5}) {
    const std::string text = numbered(size);
    const std::string path = file_with(text);
    auto input = Input::open(path);
    ASSERT_TRUE(input);
    EXPECT_EQ(*input->head(), text.substr(0, Input::kHeadBytes));
    EXPECT_EQ(*input->head(), text.substr(0, Input::kHeadBytes));
    EXPECT_EQ(*all_of(*input), text);
    EXPECT_EQ(*input->next(), "");
    std::filesystem::remove(path);
  }
}

TEST(Input, ShowsAllThatAPipeHolds) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  for (const std::string_view part : {"a", "bc", "def"})
    ASSERT_EQ(write(ends[1], part.data(), part.size()), static_cast<ssize_t>(part.size()));
  close(ends[1]);
  auto input = Input::open("/dev/fd/" + std::to_string(ends[0]));
  ASSERT_TRUE(input);
  EXPECT_EQ(*input->head(), "abcdef");
  EXPECT_EQ(*all_of(*input), "abcdef");
  close(ends[0]);
}

TEST(Input, LeavesOutTheByteOrderMarkAndWhatIsToBeSkipped) {
  const std::string text = std::string(kMark) + "{}rest";
  const std::string path = file_with(text);
  auto file = Input::open(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(*file->head(), "{}rest");
  file->skip(2);
  EXPECT_EQ(*all_of(*file), "rest");
  for (std::size_t chunk = 1; chunk <= text.size(); ++chunk) {
    Input memory(text, "f", chunk);
    EXPECT_EQ(*memory.head(), "{}rest");
    memory.skip(2);
    EXPECT_EQ(*all_of(memory), "rest");
  }
  Input only_mark(kMark, "f");
  EXPECT_EQ(*all_of(only_mark), "");
  std::filesystem::remove(path);
}

TEST(Input, GoesOnWhenTheFirstChunkIsSkippedWhole) {
  const std::string text = numbered(Input::kHeadBytes + 10);
  const std::string path = file_with(text);
  auto input = Input::open(path);
  ASSERT_TRUE(input);
  ASSERT_TRUE(input->head());
  input->skip(Input::kHeadBytes);
  EXPECT_EQ(*all_of(*input), text.substr(Input::kHeadBytes));
  std::filesystem::remove(path);
}

TEST(Input, RefusesUtf16BeforeAnyFormatSeesIt) {
  for (const std::string_view mark : {"\xFF\xFE", "\xFE\xFF"}) {
    const std::string text = std::string(mark) + "x";
    Input shown(text, "f");
    EXPECT_THAT(shown.head().error().message, HasSubstr("f:1: this is UTF-16"));
    Input read(text, "f", 1);
    EXPECT_THAT(read.next().error().message, HasSubstr("f:1: this is UTF-16"));
  }
}

TEST(Input, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(Input::open("/no/such/file").error().code, Errc::not_found);
  EXPECT_THAT(Input::open("/").error().message, HasSubstr("/ is a directory"));
  // The kernel refuses to read what is not mapped at address 0.
  auto memory = Input::open("/proc/self/mem");
  ASSERT_TRUE(memory);
  EXPECT_THAT(memory->next().error().message, ::testing::StartsWith("/proc/self/mem: "));
}

}  // namespace input_test
}  // namespace melisai::formats
