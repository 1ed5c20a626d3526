// Which parts of collectors run, and what becomes of the others.
#include <algorithm>

#include "tests/unit/collect/collect_fixture.h"

namespace melisai::collect {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CollectorParts : public CollectFixture {
 protected:
  // Notes each window in a file beside itself, and says what it was told to look at.
  void add_parts(const std::string& name, const std::string& parts, bool has_numbers) const {
    add(name, std::string(has_numbers ? "" : "metrics = []\n") + "parts = " + parts + R"(
def hello(m):
    send('hello', protocol=1, name=name, version='1', metrics=metrics, parts=parts)
def start(m):
    open(__file__ + '.started', 'w').close()
    log('warning', ' '.join(m['parts']))
    send('started', id=m['id'])
def stop(m):
    if metrics: sample(m['id'], answer=42)
    for part in parts: send('result', id=m['id'], part=part['name'], result={})
    send('stopped', id=m['id'])
)");
  }
  bool was_started(const std::string& name) const {
    return access(path("plugins/" + name + ".started").c_str(), F_OK) == 0;
  }
  std::vector<std::string> told() {
    std::vector<std::string> names;
    for (const auto& [category, results] : collectors_->take_host_results())
      for (const HostResult& result : results) names.push_back(category + "/" + result.collector);
    return names;
  }
  HostProfile with_tools(const std::vector<std::string>& tools) const {
    return {.name = "own", .tools = tools, .focus = {}};
  }
};

constexpr char kOneOfTierThree[] = "[dict(name='snoop', category='disk', tier=3)]";
constexpr char kOneOfEach[] =
    "[dict(name='stats', category='disk', tier=1), dict(name='snoop', category='disk', tier=3),"
    " dict(name='lat', category='network', tier=2)]";

TEST_F(CollectorParts, WithoutOneThatRunsACollectorIsNotStarted) {
  add_parts("one", kOneOfTierThree, /*has_numbers=*/false);
  load();
  EXPECT_FALSE(collectors_->any_part_ready());
  collectors_->open_host();
  collectors_->close_host();
  EXPECT_THAT(told(), IsEmpty());
  window();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_FALSE(was_started("one"));
  EXPECT_EQ(result("one").status, CollectorStatus::ok);
  EXPECT_EQ(result("one").parts.size(), 1U) << "what it could do is said all the same";
}

TEST_F(CollectorParts, ThatTheProfileNamesRun) {
  add_parts("one", kOneOfTierThree, /*has_numbers=*/false);
  load(with_tools({"snoop"}));
  EXPECT_TRUE(collectors_->any_part_ready());
  collectors_->open_host();
  collectors_->close_host();
  EXPECT_THAT(told(), ElementsAre("disk/snoop"));
}

TEST_F(CollectorParts, OutOfFocusDoNotRun) {
  add_parts("one", kOneOfTierThree, /*has_numbers=*/false);
  HostProfile profile = with_tools({"snoop"});
  profile.focus = {"network"};
  load(profile);
  collectors_->open_host();
  collectors_->close_host();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_FALSE(was_started("one"));
}

TEST_F(CollectorParts, OfOneCollectorAreChosenOneByOne) {
  add_parts("one", kOneOfEach, /*has_numbers=*/false);
  load(with_tools({"lat"}));
  collectors_->open_host();
  collectors_->close_host();
  EXPECT_THAT(result("one").log, ElementsAre("warning: stats lat"));
  EXPECT_THAT(told(), ElementsAre("disk/stats", "network/lat"));
}

constexpr char kProfile[] = "[dict(name='profile', category='stacktrace', tier=3)]";
constexpr char kNoProfile[] =
    "[dict(name='profile', category='stacktrace', tier=3, unavailable='no rights')]";
constexpr char kStandIn[] = "[dict(name='profile_user', category='stacktrace', tier=3)]";

TEST_F(CollectorParts, ThatTakeThePlaceOfAnotherRunOnlyWithoutIt) {
  add_parts("one", kProfile, /*has_numbers=*/false);
  add_parts("two", kStandIn, /*has_numbers=*/false);
  load(with_tools({"profile"}));
  collectors_->open_host();
  collectors_->close_host();
  EXPECT_THAT(told(), ElementsAre("stacktrace/profile"));
  EXPECT_FALSE(was_started("two"));

  load(with_tools({"profile", "profile_user"}));
  collectors_->open_host();
  collectors_->close_host();
  EXPECT_THAT(told(), ElementsAre("stacktrace/profile", "stacktrace/profile_user"));
}

TEST_F(CollectorParts, ThatThisMachineDoesNotGiveHaveAStandIn) {
  add_parts("one", kNoProfile, /*has_numbers=*/false);
  add_parts("two", kStandIn, /*has_numbers=*/false);
  load(with_tools({"profile"}));
  collectors_->open_host();
  collectors_->close_host();
  EXPECT_THAT(told(), ElementsAre("stacktrace/profile", "stacktrace/profile_user"));
  EXPECT_TRUE(was_started("two"));
}

TEST_F(CollectorParts, ThatDoNotRunDoNotStopItsNumbers) {
  add_parts("one", kOneOfTierThree, /*has_numbers=*/true);
  load();
  EXPECT_THAT(texts(window()), ElementsAre("one.answer=42"));
  EXPECT_THAT(result("one").log, ElementsAre("warning: ")) << "no part is wanted";
  EXPECT_THAT(told(), IsEmpty());
}

}  // namespace
}  // namespace melisai::collect
