#include "core/base/frame.h"

#include <gmock/gmock.h>

#include <vector>

namespace melisai {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> bodies(FrameReader& reader) {
  std::vector<std::string> found;
  while (true) {
    auto next = reader.next();
    EXPECT_TRUE(next) << next.error().message;
    if (!next || !*next) return found;
    found.push_back(**next);
  }
}

TEST(Frame, StartsWithItsLengthInLittleEndian) {
  EXPECT_EQ(frame_of("{}"), std::string("\x02\0\0\0{}", 6));
  EXPECT_EQ(frame_of(std::string(0x1234, 'x')).substr(0, 4), std::string("\x34\x12\0\0", 4));
}

TEST(Frame, ReaderGivesWhatWasWritten) {
  const std::string stream = frame_of("{}") + frame_of("") + frame_of("{\"type\":\"quit\"}");
  FrameReader reader;
  reader.add(stream);
  EXPECT_THAT(bodies(reader), ElementsAre("{}", "", "{\"type\":\"quit\"}"));
  EXPECT_TRUE(reader.empty());
}

TEST(Frame, ReaderWaitsForTheRestAtEveryCut) {
  const std::string stream = frame_of("{\"a\":1}") + frame_of("{\"b\":2}");
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    FrameReader reader;
    reader.add(stream.substr(0, cut));
    std::vector<std::string> found = bodies(reader);
    reader.add(stream.substr(cut));
    for (const std::string& body : bodies(reader)) found.push_back(body);
    EXPECT_THAT(found, ElementsAre("{\"a\":1}", "{\"b\":2}")) << cut;
  }
}

TEST(Frame, ReaderKnowsThatAFrameIsCut) {
  FrameReader reader;
  EXPECT_TRUE(reader.empty());
  reader.add(frame_of("{}").substr(0, 5));
  EXPECT_THAT(bodies(reader), ElementsAre());
  EXPECT_FALSE(reader.empty());
}

TEST(Frame, ReaderTakesTheLargestFrameAndNoLargerOne) {
  FrameReader reader;
  reader.add(frame_of(std::string(kFrameBytesMax, 'x')));
  EXPECT_EQ(bodies(reader).at(0).size(), kFrameBytesMax);
  reader.add(std::string("\x01\0\x10\0", 4));  // 1 MiB and one byte, of which none has come
  const auto next = reader.next();
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, Errc::limit);
  EXPECT_THAT(next.error().message, HasSubstr("1048577 bytes"));
}

TEST(Frame, ReaderKeepsReadingAcrossManySmallAdditions) {
  FrameReader reader;
  std::size_t count = 0;
  const std::string frame = frame_of("{\"value\":0.25}");
  for (int i = 0; i < 1000; ++i) {
    for (const char byte : frame) reader.add(std::string(1, byte));
    count += bodies(reader).size();
  }
  EXPECT_EQ(count, 1000u);
}

TEST(FrameDeathTest, RefusesABodyThatIsTooLong) {
  EXPECT_DEATH(frame_of(std::string(kFrameBytesMax + 1, 'x')), "kFrameBytesMax");
}

}  // namespace
}  // namespace melisai
