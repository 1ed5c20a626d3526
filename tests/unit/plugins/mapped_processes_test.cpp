// Which file lies where, as the kernel tells it, and stacks with only the files that they need.
#include <gmock/gmock.h>
#include <linux/perf_event.h>

#include <cstring>

#include "plugins/common/stack_json.h"

namespace melisai::plugins {
namespace {

using ::testing::Lt;
using Json = StackJson::Json;

template <typename Value>
void put(std::string& body, Value value) {
  body.append(reinterpret_cast<const char*>(&value), sizeof value);
}

PerfRings::Record two_numbers(std::uint32_t type, std::uint32_t first, std::uint32_t second) {
  PerfRings::Record record{.type = type};
  put(record.body, first);
  put(record.body, second);
  return record;
}
PerfRings::Record forked(std::uint32_t child, std::uint32_t parent) {
  return two_numbers(PERF_RECORD_FORK, child, parent);
}

/// Without a build id: device, inode and generation are in its place.
PerfRings::Record mapped(std::uint32_t pid, std::uint64_t address, const std::string& path) {
  PerfRings::Record record = two_numbers(PERF_RECORD_MMAP2, pid, pid);
  for (const std::uint64_t each : {address, std::uint64_t{0x1000}, std::uint64_t{0}})
    put(record.body, each);
  put(record.body, std::uint64_t{8});   // device
  put(record.body, std::uint64_t{77});  // inode
  put(record.body, std::uint64_t{0});
  put(record.body, std::uint64_t{0});  // protection, flags
  record.body += path + std::string(8 - path.size() % 8, '\0') + std::string(16, '\0');
  return record;
}

TEST(MappedProcesses, TellTheInodeWhereThereIsNoBuildId) {
  MappedProcesses processes;
  processes.apply(mapped(1, 0x4000, "/bin/x"));
  const auto at = processes.find(1, 0x4010);
  ASSERT_TRUE(at);
  EXPECT_EQ(at->offset, 0x10u);
  EXPECT_EQ(processes.files()[at->file],
            (MappedFile{.path = "/bin/x", .build_id = "", .inode = 77}));
}

TEST(MappedProcesses, AChildHasWhatItsParentHadAndGoesItsOwnWay) {
  MappedProcesses processes;
  processes.apply(mapped(1, 0x4000, "/bin/x"));
  processes.apply(forked(2, 1));
  processes.apply(mapped(2, 0x8000, "/lib/y"));
  EXPECT_TRUE(processes.find(2, 0x4000));
  EXPECT_TRUE(processes.find(2, 0x8000));
  EXPECT_FALSE(processes.find(1, 0x8000));
  PerfRings::Record executed = two_numbers(PERF_RECORD_COMM, 2, 2);
  executed.flags = PERF_RECORD_MISC_COMM_EXEC;
  processes.apply(executed);
  EXPECT_FALSE(processes.find(2, 0x4000));
  EXPECT_TRUE(processes.find(1, 0x4000));
}

TEST(MappedProcesses, HaveRoomForManyChildrenOfALargeParent) {
  MappedProcesses processes;
  for (std::uint64_t i = 0; i < 1000; ++i)
    processes.apply(mapped(1, (i + 1) << 16, "/lib/" + std::to_string(i)));
  for (std::uint32_t child = 2; child < 50'000; ++child) processes.apply(forked(child, 1));
  EXPECT_EQ(processes.left_out(), 0u);
  EXPECT_TRUE(processes.find(49'999, 7 << 16));
}

TEST(MappedProcesses, AreNotFilledByWhatIsToldAgain) {
  MappedProcesses processes;
  for (int i = 0; i < 200'000; ++i) processes.apply(mapped(1, 0x4000, "//anon"));
  processes.apply(mapped(1, 0x8000, "/lib/y"));
  EXPECT_EQ(processes.left_out(), 0u);
  EXPECT_TRUE(processes.find(1, 0x8000));
}

TEST(MappedProcesses, CountWhatTheyHaveNoRoomFor) {
  MappedProcesses processes;
  for (std::uint64_t i = 1; i <= 100'001; ++i) processes.apply(mapped(1, i << 16, "/lib/y"));
  EXPECT_EQ(processes.left_out(), 1u);
}

TEST(MappedProcesses, ReadPathsWithBlanksToTheirEnd) {
  MappedProcesses processes;
  processes.read_maps(1,
                      "1000-2000 r-xp 00000000 08:01 7    /home/me/My Project/app (deleted)\n"
                      "2000-3000 rw-p 00000000 08:01 7    /home/me/data\n"
                      "3000-4000 r-xp 00000000 00:00 0\n");
  const auto at = processes.find(1, 0x1000);
  ASSERT_TRUE(at);
  EXPECT_EQ(processes.files()[at->file].path, "/home/me/My Project/app (deleted)");
  EXPECT_EQ(processes.files()[at->file].inode, 7u);
  EXPECT_FALSE(processes.find(1, 0x2000));
}

TEST(StackJson, ListsTheFilesOfItsStacksAndFitsWhateverTheyAreCalled) {
  std::vector<MappedFile> files;
  for (int i = 0; i < 20'000; ++i)
    files.push_back({.path = "/" + std::to_string(i) + std::string(400, '\x01'), .build_id = ""});
  std::vector<TakenStack> stacks;
  for (std::uint64_t i = 0; i < 8'000; ++i)
    stacks.push_back({.pid = 1, .comm = "\xff\x01", .count = i + 1, .user = {2 * i, 2 * i + 1}});
  const StackJson json =
      to_json(stacks, {[](std::uint32_t, std::uint64_t address) {
                         return Location{.file = static_cast<std::size_t>(address), .offset = 3};
                       },
                       files});
  ASSERT_FALSE(json.stacks.empty());
  EXPECT_EQ(json.stacks[0]["count"], 8'000) << "the heaviest first";
  for (const Json& stack : json.stacks)
    for (const Json& frame : stack["user"]) EXPECT_THAT(frame[0], Lt(json.files.size()));
  const Json all = {json.stacks, json.files, json.folded};
  EXPECT_LT(all.dump(-1, ' ', false, Json::error_handler_t::replace).size(), 900'000u);
  std::uint64_t told = 0;
  for (const Json& stack : json.stacks) told += stack["count"].get<std::uint64_t>();
  EXPECT_EQ(told + json.left_out, 8'000u * 8'001u / 2);
  std::uint64_t folded = 0;
  for (const Json& line : json.folded) folded += line["count"].get<std::uint64_t>();
  EXPECT_EQ(folded + json.folded_left_out, 8'000u * 8'001u / 2);
}

}  // namespace
}  // namespace melisai::plugins
