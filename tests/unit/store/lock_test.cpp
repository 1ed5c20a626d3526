#include "core/base/fd.h"
#include "tests/unit/store/store_fixture.h"

namespace melisai::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A child that holds the lock until `release` is closed or it is killed.
class Holder {
 public:
  explicit Holder(const std::string& state_dir) {
    Pipe ready = *Pipe::make();
    Pipe release = *Pipe::make();
    pid_ = start_child([&] {
      release.write_end.reset();
      const auto store =
          Store::open_writer(state_dir, {.command = "melisai-gate check -C /repo"}, at(kNow));
      if (!store || write(ready.write_end.get(), "x", 1) != 1) return 1;
      char byte = 0;
      return static_cast<int>(read(release.read_end.get(), &byte, 1));
    });
    ready.write_end.reset();
    char byte = 0;
    EXPECT_EQ(read(ready.read_end.get(), &byte, 1), 1);
    release_ = std::move(release.write_end);
  }
  ~Holder() { EXPECT_EQ(let_go(), killed_ ? -SIGKILL : 0); }
  Holder(const Holder&) = delete;

  pid_t pid() const { return pid_; }
  void kill() {
    ::kill(pid_, SIGKILL);
    killed_ = true;
  }
  int let_go() {
    release_.reset();
    if (!ended_) ended_ = wait_for(pid_);
    return *ended_;
  }

 private:
  pid_t pid_ = 0;
  Fd release_;
  bool killed_ = false;
  std::optional<int> ended_;
};

class LockOfTheStore : public StoreTest {};

TEST_F(LockOfTheStore, RefusesASecondWriterAndNamesTheFirst) {
  const Holder holder(state_dir);
  const auto refused = open_writer();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::limit);
  EXPECT_EQ(refused.error().message,
            state_dir + " is being written by melisai-gate check -C /repo (pid " +
                std::to_string(holder.pid()) +
                ", since 2026-11-21T02:00:00Z); wait for it, or use --wait 10m, or another "
                "--state-dir");
}

TEST_F(LockOfTheStore, StopsNoReader) {
  const Holder holder(state_dir);
  const auto store = Store::open_reader(state_dir);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_TRUE(store->has_value());
}

TEST_F(LockOfTheStore, IsFreeOnceItsHolderIsKilled) {
  Holder holder(state_dir);
  holder.kill();
  holder.let_go();
  EXPECT_TRUE(open_writer());
}

TEST_F(LockOfTheStore, IsWaitedForAndTheHolderToldOnce) {
  Holder holder(state_dir);
  std::vector<std::string> told;
  int asked = 0;
  const auto store =
      Store::open_writer(state_dir,
                         {.command = "melisai-gate gc",
                          .wait = std::chrono::minutes(1),
                          .interrupted =
                              [&] {
                                if (++asked == 3) holder.let_go();
                                return false;
                              },
                          .waiting = [&](const std::string& who) { told.push_back(who); }},
                         at(kNow));
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_THAT(told, ElementsAre(HasSubstr("is being written by melisai-gate check -C /repo")));
  EXPECT_THAT(read_text(state_dir + "/lock"),
              HasSubstr("melisai-gate gc (pid " + std::to_string(getpid())));
}

TEST_F(LockOfTheStore, IsGivenUpAfterTheWaitAndAtAnInterrupt) {
  const Holder holder(state_dir);
  EXPECT_EQ(Store::open_writer(state_dir, {.command = "x", .wait = Milliseconds(120)}, at(kNow))
                .error()
                .code,
            Errc::limit);
  const auto interrupted = Store::open_writer(
      state_dir,
      {.command = "x", .wait = std::chrono::minutes(1), .interrupted = [] { return true; }},
      at(kNow));
  ASSERT_FALSE(interrupted);
  EXPECT_EQ(interrupted.error().code, Errc::interrupted);
}

TEST_F(LockOfTheStore, ShowsNoControlCharactersOfItsNote) {
  const Holder holder(state_dir);
  write_text(state_dir + "/lock", "evil\x1b[2J");
  EXPECT_THAT(open_writer().error().message, HasSubstr("evil?[2J"));
}

TEST_F(LockOfTheStore, FollowsNoLink) {
  ASSERT_TRUE(make_directories(state_dir));
  write_text(temporary.path() + "/precious", "precious");
  ASSERT_EQ(symlink((temporary.path() + "/precious").c_str(), (state_dir + "/lock").c_str()), 0);
  EXPECT_FALSE(open_writer());
  EXPECT_EQ(read_text(temporary.path() + "/precious"), "precious");
}

}  // namespace
}  // namespace melisai::store
