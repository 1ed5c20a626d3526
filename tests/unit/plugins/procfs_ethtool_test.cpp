// What drivers tell, with a driver made up here.
#include <gmock/gmock.h>
#include <linux/ethtool.h>

#include <cstring>

#include "plugins/procfs/ethtool.h"
#include "plugins/procfs/interfaces.h"
#include "tests/unit/plugins/proc_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::IsEmpty;

class FakeDriver final : public EthtoolCall {
 public:
  std::vector<std::pair<std::string, std::uint64_t>> statistics;
  std::uint32_t statistics_said = 0;  // when it says another number of them than it has
  bool knows_settings = true;
  mutable std::vector<std::string> asked;

  bool ask(const std::string& interface, void* request) const override {
    asked.push_back(interface);
    std::uint32_t command = 0;
    std::memcpy(&command, request, sizeof command);
    switch (command) {
      case ETHTOOL_GSSET_INFO: return tell_count(request);
      case ETHTOOL_GSTRINGS: return tell_names(request);
      case ETHTOOL_GSTATS: return tell_values(request);
      default: return knows_settings && tell_setting(command, request);
    }
  }

 private:
  template <class T, class Change>
  static bool change(void* request, const Change& with) {
    T told{};
    std::memcpy(&told, request, sizeof told);
    with(told);
    std::memcpy(request, &told, sizeof told);
    return true;
  }
  static char* behind(void* request, std::size_t bytes) {
    return static_cast<char*>(request) + bytes;
  }

  bool tell_count(void* request) const {
    const auto count =
        statistics_said != 0 ? statistics_said : static_cast<std::uint32_t>(statistics.size());
    std::memcpy(behind(request, sizeof(ethtool_sset_info)), &count, sizeof count);
    return !statistics.empty();
  }
  bool tell_names(void* request) const {
    const auto count = static_cast<std::uint32_t>(statistics.size());
    for (std::size_t i = 0; i < statistics.size(); ++i)
      std::strncpy(behind(request, sizeof(ethtool_gstrings) + i * ETH_GSTRING_LEN),
                   statistics[i].first.c_str(), ETH_GSTRING_LEN);
    return change<ethtool_gstrings>(request, [&](auto& told) { told.len = count; });
  }
  bool tell_values(void* request) const {
    const auto count = static_cast<std::uint32_t>(statistics.size());
    for (std::size_t i = 0; i < statistics.size(); ++i)
      std::memcpy(behind(request, sizeof(ethtool_stats) + i * sizeof(std::uint64_t)),
                  &statistics[i].second, sizeof(std::uint64_t));
    return change<ethtool_stats>(request, [&](auto& told) { told.n_stats = count; });
  }
  static bool tell_setting(std::uint32_t command, void* request) {
    switch (command) {
      case ETHTOOL_GDRVINFO:
        return change<ethtool_drvinfo>(request,
                                       [](auto& told) { std::strcpy(told.driver, "fake_net"); });
      case ETHTOOL_GRINGPARAM:
        return change<ethtool_ringparam>(request, [](auto& told) {
          told.rx_pending = 256;
          told.rx_max_pending = 4096;
          told.tx_pending = 1;
        });
      case ETHTOOL_GCOALESCE:
        return change<ethtool_coalesce>(request, [](auto& told) {
          told.rx_coalesce_usecs = 8;
          told.use_adaptive_rx_coalesce = 1;
        });
      case ETHTOOL_GTSO:
      case ETHTOOL_GGRO: return change<ethtool_value>(request, [](auto& told) { told.data = 1; });
      case ETHTOOL_GGSO: return true;
      default: return false;
    }
  }
};

LinkDrops drops(std::vector<std::pair<std::string, std::uint64_t>> statistics) {
  FakeDriver driver;
  driver.statistics = std::move(statistics);
  return drops_of(driver, "eth0");
}

TEST(Drops, GoByTheNameThatTheDriverUses) {
  const LinkDrops found = drops({{"rx_packets", 5}, {"rx_missed_errors", 7}, {"rx_buf_errors", 2}});
  EXPECT_EQ(found.discards, 7);
  EXPECT_EQ(found.buf_errors, 2);
}

TEST(Drops, OfQueuesAreSummed) {
  EXPECT_EQ(drops({{"rx_queue_0_drops", 1}, {"rx_queue_12_drops", 4}}).discards, 5);
  EXPECT_EQ(drops({{"rx0_drops", 1}, {"rx1_drops", 2}}).discards, 3);
  EXPECT_EQ(drops({{"[0]: rx_discards", 1}, {"[11]: rx_discards", 6}}).discards, 7);
}

TEST(Drops, OfTheDeviceHoldThoseOfItsQueues) {
  EXPECT_EQ(
      drops({{"[0]: rx_discards", 1}, {"rx_discards", 9}, {"rx_missed_errors", 100}}).discards, 9);
}

TEST(Drops, AreUnknownByAnotherName) {
  const LinkDrops found = drops({{"rx_discards_total", 1},
                                 {"tx_drops", 2},
                                 {"rx__drops", 3},
                                 {"rx_queue_drops_2", 4},
                                 {"[x]: rx_discards", 5},
                                 {"", 6}});
  EXPECT_EQ(found.discards, std::nullopt);
  EXPECT_EQ(found.buf_errors, std::nullopt);
  EXPECT_EQ(drops({}).discards, std::nullopt);
}

TEST(Drops, SurviveADriverThatCountsWrong) {
  FakeDriver driver;
  for (int i = 0; i < 600; ++i) driver.statistics.emplace_back("rx_drops", 1);
  driver.statistics_said = 2;  // the rest came after the question
  EXPECT_EQ(drops_of(driver, "eth0").discards, 2);
  driver.statistics_said = 0xffffffff;
  EXPECT_EQ(drops_of(driver, "eth0").discards, std::nullopt);
  EXPECT_EQ(drops({{"rx_drops", ~0ULL}, {"rx_drops", ~0ULL}}).discards, std::int64_t{1} << 47);
  EXPECT_EQ(drops({{std::string(ETH_GSTRING_LEN, 'x'), 1}, {"rx_drops", 3}}).discards, 3);
}

class Links : public ProcFixture {
 protected:
  static InterfaceReading reading(const std::string& name, std::int64_t discards) {
    return {{.name = name, .rx = {}, .tx = {}}, {.discards = discards, .buf_errors = {}}};
  }
};

TEST_F(Links, HaveWhatTheDriverTells) {
  const FakeDriver driver;
  const Json data = interfaces_json({reading("eth0", 10)}, {reading("eth0", 25)},
                                    std::chrono::seconds(1), {sys(), &driver})[0];
  const Json expected = {{"ring_rx_current", 256},       {"ring_rx_max", 4096},
                         {"tso_enabled", true},          {"gro_enabled", true},
                         {"gso_enabled", false},         {"coalesce_rx_usecs", 8},
                         {"coalesce_adaptive_rx", true}, {"rx_discards", 15}};
  for (const auto& [name, value] : expected.items())
    EXPECT_EQ(data.value(name, Json()), value) << name;
  EXPECT_FALSE(data.contains("rx_buf_errors"));
}

TEST_F(Links, TakeTheirDriverFromTheDriverWhereSysfsHasNone) {
  const FakeDriver driver;
  put(sys() + "/class/net/tap0/mtu", "1500\n");
  const Json data = interfaces_json({reading("tap0", 0)}, {reading("tap0", 0)},
                                    std::chrono::seconds(1), {sys(), &driver})[0];
  EXPECT_EQ(data["driver"], "fake_net");
  EXPECT_EQ(data["bond_slave"], false);
}

TEST_F(Links, LeaveOutWhatTheDriverDoesNotTell) {
  FakeDriver driver;
  driver.knows_settings = false;
  const Json data = interfaces_json({reading("eth0", 0)}, {reading("eth0", 0)},
                                    std::chrono::seconds(1), {sys(), &driver})[0];
  for (const char* name : {"driver", "ring_rx_max", "tso_enabled", "coalesce_rx_usecs"})
    EXPECT_FALSE(data.contains(name)) << name;
}

TEST_F(Links, OfTheMachineWithItselfAreNotAskedAbout) {
  const FakeDriver driver;
  std::vector<InterfaceCounters> counters;
  for (const char* name : {"lo", "veth12", "docker0", "br-1f2e"})
    counters.push_back({.name = name, .rx = {}, .tx = {}});
  const auto readings = read_interfaces(counters, &driver);
  const Json data = interfaces_json(readings, readings, std::chrono::seconds(1), {sys(), &driver});
  EXPECT_EQ(data.size(), 4);
  EXPECT_THAT(driver.asked, IsEmpty());
}

// Drivers of this machine answer an ordinary user, and say what sysfs says.
TEST(LinksLive, HaveTheDriverThatSysfsNames) {
  const auto call = make_ethtool_call();
  bool any = false;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/class/net")) {
    std::error_code error;
    const auto link = std::filesystem::read_symlink(entry.path() / "device/driver", error);
    if (error) continue;
    EXPECT_EQ(driver_of(*call, entry.path().filename()), link.filename());
    any = true;
  }
  if (!any) GTEST_SKIP() << "no interface of this machine is hardware";
}

TEST(LinksLive, ThatDoNotExistTellNothing) {
  const auto call = make_ethtool_call();
  EXPECT_EQ(driver_of(*call, "melisai_none0"), std::nullopt);
  EXPECT_EQ(driver_of(*call, "a_name_that_is_too_long"), std::nullopt);
  EXPECT_EQ(drops_of(*call, "melisai_none0").discards, std::nullopt);
}

}  // namespace
}  // namespace melisai::plugins::procfs
