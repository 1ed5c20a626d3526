#include "core/doctor/distribution.h"

#include <gtest/gtest.h>

namespace melisai::doctor {
namespace {

struct Row {
  const char* name;
  Distribution distribution;
  const char* manager;
  const char* perf;
};

class Distributions : public ::testing::TestWithParam<Row> {};

TEST_P(Distributions, HavePackageManagersAndNamesOfTheirOwn) {
  const Row& row = GetParam();
  EXPECT_EQ(package_manager(row.distribution), row.manager);
  EXPECT_EQ(install_command(row.distribution, Package::perf), row.perf);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, Distributions,
    ::testing::Values(
        Row{"Debian", {.id = "debian", .version = "12"}, "apt-get", "apt-get install linux-perf"},
        Row{"Raspbian",
            {.id = "raspbian", .like = {"debian"}},
            "apt-get",
            "apt-get install linux-perf"},
        Row{"Ubuntu",
            {.id = "ubuntu", .like = {"debian"}, .version = "24.04"},
            "apt-get",
            "apt-get install linux-tools-$(uname -r)"},
        Row{"Mint",
            {.id = "linuxmint", .like = {"ubuntu", "debian"}, .version = "21"},
            "apt-get",
            "apt-get install linux-tools-$(uname -r)"},
        Row{"Fedora", {.id = "fedora", .version = "40"}, "dnf", "dnf install perf"},
        Row{"Rocky9",
            {.id = "rocky", .like = {"rhel", "centos", "fedora"}, .version = "9.3"},
            "dnf",
            "dnf install perf"},
        Row{"CentOS7",
            {.id = "centos", .like = {"rhel", "fedora"}, .version = "7"},
            "yum",
            "yum install perf"},
        Row{"Scientific7",
            {.id = "scientific", .like = {"rhel", "centos"}, .version = "7.9"},
            "yum",
            "yum install perf"},
        Row{"Stream",
            {.id = "centos", .like = {"rhel", "fedora"}, .version = "8"},
            "dnf",
            "dnf install perf"},
        Row{"Amazon2",
            {.id = "amzn", .like = {"centos", "rhel", "fedora"}, .version = "2"},
            "yum",
            "yum install perf"},
        Row{"Amazon2023",
            {.id = "amzn", .like = {"fedora"}, .version = "2023"},
            "dnf",
            "dnf install perf"},
        Row{"Arch", {.id = "arch"}, "pacman", "pacman -S --needed perf"},
        Row{"Manjaro", {.id = "manjaro", .like = {"arch"}}, "pacman", "pacman -S --needed perf"},
        Row{"Tumbleweed",
            {.id = "opensuse-tumbleweed", .like = {"opensuse", "suse"}},
            "zypper",
            "zypper install perf"},
        Row{"Unknown", {.id = "plan9"}, "", ""}, Row{"None", {}, "", ""}),
    [](const auto& row) { return row.param.name; });

TEST(Package, WithoutANameInADistributionHasNoCommand) {
  const Distribution centos7{.id = "centos", .like = {}, .version = "7", .name = ""};
  EXPECT_EQ(install_command(centos7, Package::bpftrace), "");
  EXPECT_EQ(install_command(centos7, Package::bcc), "yum install bcc-tools");
}

}  // namespace
}  // namespace melisai::doctor
