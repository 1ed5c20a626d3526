// The part network_stats on trees of /proc and /sys made up here.
#include <gmock/gmock.h>

#include "plugins/procfs/net_counters.h"
#include "tests/unit/plugins/host_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(NetworkPart, SaysWhatHappenedInTheWindow) {
  const Host host("network");
  const std::string device = host.options().sys_root + "/class/net/eth0/device";
  std::filesystem::create_directories(device);
  std::filesystem::create_symlink("../../../bus/pci/drivers/made_up", device + "/driver");
  const auto part = make_network(host.options());
  part->start(seconds(10));
  host.become("after");
  part->sample(seconds(11));
  expect_golden_host("network", part->stop(seconds(12)));
}

TEST(NetworkPart, OfAnEmptyTreeSaysNothing) {
  const Host host("network");
  host.remove("proc");
  host.remove("sys");
  const Findings findings = host.window(make_network, [] {});
  EXPECT_EQ(findings.data.dump(), "{}");
  EXPECT_THAT(findings.errors, ElementsAre(HasSubstr("net/tcp: No such file")));
}

TEST(NetworkPart, LeavesOutWhatTheMachineDoesNotHave) {
  const Host host("network");
  host.become("after");
  for (const char* file : {"net/stat", "sys/net/netfilter", "net/tcp6", "net/snmp6",
                           "sys/net/core/default_qdisc", "net/netstat"})
    host.remove(std::string("proc/") + file);
  const Findings findings = host.window(make_network, [] {});
  EXPECT_THAT(findings.errors, IsEmpty());
  EXPECT_FALSE(findings.data.contains("conntrack"));
  EXPECT_FALSE(findings.data.contains("tcp_ext"));
  EXPECT_FALSE(findings.data["sysctls"].contains("default_qdisc"));
  EXPECT_EQ(findings.data["tcp"]["close_wait_count"], 1);
  EXPECT_EQ(findings.data["udp"]["in_errors"], 0);
}

TEST(NetworkPart, OfAnEmptyWindowHasNoRates) {
  const Host host("network");
  const auto part = make_network(host.options());
  part->start(seconds(10));
  const std::string text = part->stop(seconds(10)).data.dump();
  EXPECT_THAT(text, Not(HasSubstr("per_sec")));
  EXPECT_THAT(text, Not(HasSubstr("_rate")));
  EXPECT_THAT(text, HasSubstr(R"("retrans_segs":0)"));
}

TEST(NetworkPart, SamplesNoIntervalThatIsMostlyChance) {
  const Host host("network");
  const auto part = make_network(host.options());
  part->start(seconds(10));
  part->sample(seconds(11));
  part->sample(seconds(11) + std::chrono::milliseconds(99));
  EXPECT_EQ(part->stop(seconds(12)).data["samples"]["tx_bytes_per_sec"]["n"], 2);
}

TEST(NetworkPart, CountersThatStartAgainDidNotGrow) {
  const Host host("network");
  host.become("after");
  const Findings findings = host.window(make_network, [&] { host.become("before"); });
  for (const char* object : {"tcp_ext", "udp"}) {
    EXPECT_FALSE(findings.data[object].empty());
    for (const auto& [name, value] : findings.data[object].items())
      EXPECT_EQ(value, 0) << object << "." << name;
  }
  EXPECT_EQ(findings.data["conntrack"]["drops"], 0);
  EXPECT_EQ(findings.data["softnet"]["drop_rate"], 0);
}

// A CPU that seemed to rest would be an imbalance.
TEST(NetworkPart, FollowsCountersOf32BitsBeyondTheirEnd) {
  const Host host("network");
  const auto put = [&](const std::string& count, const std::string& as_hex) {
    host.put("proc/softirqs", "CPU0\nNET_RX: " + count + "\n");
    host.put("proc/net/softnet_stat", as_hex + " 00000000 00000000\n");
  };
  put("4294967290", "fffffffa");
  const Findings findings = host.window(make_network, [&] { put("994", "000003e2"); });
  EXPECT_EQ(findings.data["softnet"]["irq_distribution"][0]["net_rx_delta"], 1000);
  EXPECT_EQ(findings.data["softnet"]["stats"][0]["processed"], 1000);
}

TEST(NetworkPart, CountsTimeWaitWhereTheKernelDoesNotSayIt) {
  const Host host("network");
  host.become("after");
  host.put("proc/net/sockstat", "sockets: used 120\n");
  EXPECT_EQ(host.window(make_network, [] {}).data["tcp"]["time_wait_count"], 1);
}

TEST(NetworkPart, KnowsNoListenQueuesFromFiles) {
  EXPECT_FALSE(Host("network").window(make_network).data.contains("listen_sockets"));
}

TEST(NetworkPart, CutsALongListOfInterfaces) {
  const Host host("network");
  std::string dev;
  for (int i = 0; i < 1001; ++i)
    dev += "veth" + std::to_string(i) + ": 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";
  host.put("proc/net/dev", dev);
  Findings findings = host.window(make_network, [] {});
  EXPECT_EQ(findings.data["interfaces"].size(), 1000);
  EXPECT_TRUE(findings.truncated);
  dev.erase(0, dev.find('\n') + 1);
  host.put("proc/net/dev", dev);
  findings = host.window(make_network, [] {});
  EXPECT_EQ(findings.data["interfaces"].size(), 1000);
  EXPECT_FALSE(findings.truncated);
}

TEST(NetworkPart, TakesHostileFiles) {
  const Host host("network");
  const char hostile[] = "\x00\xff\xfe: \x80\n\n::::\nTcp:\nTcp: \n";
  for (const std::string& file : host.files())
    host.put(file, std::string(hostile, sizeof hostile - 1));
  const Findings findings = host.window(make_network, [] {});
  for (const char* name : {"interfaces", "softnet", "sysctls", "udp", "tcp_ext", "conntrack"})
    EXPECT_FALSE(findings.data.contains(name)) << name;
  EXPECT_NO_THROW(findings.data.dump());
}

TEST(NetworkPart, TakesSettingsThatAreNotSettings) {
  const Host host("network");
  const std::string eth0 = "sys/class/net/eth0/";
  host.put(eth0 + "speed", "4294967295\n");
  host.put(eth0 + "mtu", "-1500\n");
  host.remove(eth0 + "queues/rx-0/rps_cpus");
  host.remove(eth0 + "queues/rx-1/rps_cpus");
  const Findings findings = host.window(make_network);
  const auto& data = findings.data["interfaces"][1];
  for (const char* name : {"speed", "speed_mbps", "mtu", "rps_enabled"})
    EXPECT_FALSE(data.contains(name)) << name;
  EXPECT_EQ(data["rx_queues"], 2);
}

// Of this machine: the kernel is asked, so all that is answered to anybody is there.
TEST(NetworkPartLive, SeesThisMachine) {
  const auto part = make_network({});
  part->start(seconds(100));
  const Findings findings = part->stop(seconds(101));
  EXPECT_THAT(findings.errors, IsEmpty());
  EXPECT_FALSE(findings.truncated);
  EXPECT_FALSE(findings.data["interfaces"].empty());
  EXPECT_GT(findings.data["sysctls"]["somaxconn"], 0);
  EXPECT_GE(findings.data["tcp"]["time_wait_count"], 0);
  EXPECT_TRUE(findings.data["listen_sockets"].is_array());
  EXPECT_FALSE(findings.data["softnet"]["stats"].empty());
}

TEST(NetDev, LeavesOutWhatTheKernelCannotHaveWritten) {
  const std::string numbers = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
  const auto names = [](const std::string& text) {
    std::vector<std::string> found;
    for (const auto& interface : parse_net_dev(text)) found.push_back(interface.name);
    return found;
  };
  EXPECT_THAT(names("eth0:" + numbers + "eth1:1 2 3\n" + "../x:" + numbers + "..:" + numbers),
              ElementsAre("eth0"));
  EXPECT_THAT(names("a name:" + numbers + "sixteencharacter:" + numbers + ":" + numbers),
              IsEmpty());
  EXPECT_THAT(names("eth0: -1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"), IsEmpty());
  EXPECT_THAT(names("eth\xff:" + numbers), IsEmpty());
  const auto one = parse_net_dev("eth0:" + numbers);
  ASSERT_EQ(one.size(), 1);
  EXPECT_EQ(one[0].rx.dropped, 4);
  EXPECT_EQ(one[0].tx.bytes, 9);
}

TEST(NameLines, GoByNameAndNotByPlace) {
  const auto before = parse_name_lines("Tcp: B A\nTcp: 2 1\nUdp: X\nUdp: 5\n");
  EXPECT_EQ(before.at("Tcp:A"), 1);
  EXPECT_EQ(before.at("Udp:X"), 5);
  const auto after = parse_name_lines("Tcp: A New\nTcp: 4 9\n");
  EXPECT_EQ(growth_of(before, after, "Tcp:A"), 3);
  EXPECT_EQ(growth_of(before, after, "Tcp:B"), std::nullopt);
  EXPECT_EQ(growth_of(before, after, "Tcp:New"), std::nullopt);
}

TEST(NameLines, MayBeCutShort) {
  EXPECT_THAT(parse_name_lines("Tcp: A B\nTcp: 1"), ElementsAre(std::pair("Tcp:A", 1)));
  EXPECT_THAT(parse_name_lines("Tcp: A\nTcp: 1 2 3\n"), ElementsAre(std::pair("Tcp:A", 1)));
  EXPECT_THAT(parse_name_lines("Tcp: A\nUdp: 7\n"), IsEmpty());
  EXPECT_THAT(parse_name_lines("Tcp: A\nTcp: -7\n"), IsEmpty());
}

class SoftnetColumns : public ::testing::TestWithParam<int> {};

TEST_P(SoftnetColumns, TellTheCpuWhenThereAreThirteen) {
  const auto line = [](const std::string& processed, const std::string& cpu) {
    std::string text = processed + " 00000002 00000003";
    for (int column = 3; column < GetParam(); ++column)
      text += column == 12 ? " " + cpu : " 00000000";
    return text + "\n";
  };
  const auto by_cpu = parse_softnet(line("0000000a", "00000000") + line("0000000b", "00000005"));
  ASSERT_EQ(by_cpu.size(), 2);
  EXPECT_EQ(by_cpu.at(0).processed, 10);
  EXPECT_EQ(by_cpu.at(0).dropped, 2);
  EXPECT_EQ(by_cpu.at(0).time_squeeze, 3);
  EXPECT_EQ(by_cpu.at(GetParam() > 12 ? 5 : 1).processed, 11);
}

INSTANTIATE_TEST_SUITE_P(Kernels, SoftnetColumns, ::testing::Range(10, 16));

TEST(NetRx, BelongsToTheCpusOfTheHeader) {
  EXPECT_THAT(parse_net_rx("  CPU0 CPU3\n NET_TX: 7 8\n NET_RX: 1 2\n"),
              ElementsAre(std::pair(0, 1), std::pair(3, 2)));
  EXPECT_THAT(parse_net_rx(" NET_RX: 1 2\n"), IsEmpty());
  EXPECT_THAT(parse_net_rx("CPU0 CPUx CPU-1\nNET_RX: 1 2 3\n"), ElementsAre(std::pair(0, 1)));
  EXPECT_THAT(parse_net_rx("CPU0\nNET_RX:\n"), IsEmpty());
}

TEST(Conntrack, IsTheSumOfAllCpus) {
  EXPECT_EQ(parse_conntrack("entries drop\n00000001 0000000f\n00000001 00000001\n").at("drop"), 16);
  EXPECT_THAT(parse_conntrack("drop\nxyz\n100000000\n"), IsEmpty());
}

}  // namespace
}  // namespace melisai::plugins::procfs
