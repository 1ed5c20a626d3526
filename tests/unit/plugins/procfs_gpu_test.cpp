// GPUs and NUMA nodes: a machine with two of each made up here, and the one that this runs on.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstring>

#include "plugins/procfs/gpu.h"
#include "plugins/procfs/nvml.h"
#include "tests/unit/plugins/proc_fixture.h"

namespace melisai::plugins::procfs {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kNotSupported = 3;

int gpu_numbers[] = {0, 1};
int index_of(void* device) { return *static_cast<int*>(device); }

Nvml two_gpus() {
  Nvml nvml;
  nvml.init = [] { return 0; };
  nvml.shutdown = [] { return 0; };
  nvml.device_count = [](unsigned* count) {
    *count = 2;
    return 0;
  };
  nvml.device_at = [](unsigned index, void** device) {
    *device = &gpu_numbers[index];
    return 0;
  };
  nvml.driver_version = [](char* text, unsigned size) {
    std::strncpy(text, "550.1", size);
    return 0;
  };
  nvml.name = [](void* device, char* text, unsigned size) {
    std::strncpy(text, index_of(device) == 0 ? "Fake A1" : "Fake\xff\nB2", size);
    return 0;
  };
  nvml.pci = [](void* device, NvmlPci* pci) {
    pci->domain = 0;
    pci->bus = index_of(device) == 0 ? 0x3b : 0xd8;
    return 0;
  };
  nvml.memory = [](void* /*device*/, NvmlMemory* memory) {
    *memory = {.total = 80ULL << 30, .free = 79ULL << 30, .used = 1ULL << 30};
    return 0;
  };
  nvml.utilization = [](void* device, NvmlUtilization* utilization) {
    *utilization = {.gpu = 97, .memory = 12};
    return index_of(device) == 0 ? 0 : kNotSupported;
  };
  nvml.temperature = [](void* /*device*/, int sensor, unsigned* celsius) {
    *celsius = 61;
    return sensor;
  };
  nvml.power = [](void* /*device*/, unsigned* milliwatts) {
    *milliwatts = 250'500;
    return 0;
  };
  return nvml;
}

class GpuPart : public ProcFixture {
 protected:
  Options options() const { return {.proc_root = proc(), .sys_root = sys()}; }
  void put_node(const std::string& device, int node) const {
    put(sys() + "/" + device + "/numa_node", std::to_string(node) + "\n");
  }
  Findings found(const Nvml& nvml) const {
    const auto part = make_gpu(options(), [nvml] { return ask_nvml(nvml); });
    part->start(Time::zero());
    return part->stop(std::chrono::seconds(1));
  }
};

TEST_F(GpuPart, SaysWhatIsFarFromWhat) {
  put_node("bus/pci/devices/0000:3b:00.0", 0);
  put_node("bus/pci/devices/0000:d8:00.0", 1);
  put_node("class/net/eth0/device", 0);
  put_node("class/net/eth1/device", -1);
  put(sys() + "/class/net/lo/mtu", "65536\n");
  const Findings findings = found(two_gpus());
  EXPECT_EQ(findings.data, nlohmann::ordered_json::parse(R"({
    "gpus": [
      {"index": 0, "name": "Fake A1", "driver": "550.1", "pci_bus": "0000:3b:00.0",
       "memory_total_mb": 81920, "memory_used_mb": 1024, "utilization_gpu_pct": 97,
       "utilization_memory_pct": 12, "temperature_c": 61, "power_watts": 250.5, "numa_node": 0},
      {"index": 1, "name": "Fake??B2", "driver": "550.1", "pci_bus": "0000:d8:00.0",
       "memory_total_mb": 81920, "memory_used_mb": 1024, "temperature_c": 61,
       "power_watts": 250.5, "numa_node": 1}],
    "nic_numa_map": {"eth0": 0},
    "cross_numa_pairs": [
      {"gpu": "Fake??B2", "gpu_numa_node": 1, "nic": "eth0", "nic_numa_node": 0}]})"));
  EXPECT_THAT(findings.errors, IsEmpty());
  EXPECT_FALSE(findings.truncated);
}

TEST_F(GpuPart, HasNoPairsOfUnknownNodes) {
  put_node("bus/pci/devices/0000:3b:00.0", -1);
  put_node("class/net/eth0/device", 0);
  const Findings findings = found(two_gpus());
  EXPECT_EQ(findings.data["gpus"][0]["numa_node"], -1);
  EXPECT_EQ(findings.data["gpus"][1]["numa_node"], -1);
  EXPECT_THAT(findings.data["cross_numa_pairs"], IsEmpty());
}

TEST_F(GpuPart, OfAMachineWithoutBothSaysThatThereAreNone) {
  put_node("class/net/eth0/device", -1);
  const auto part = make_gpu(options());
  part->start(Time::zero());
  const Findings findings = part->stop(std::chrono::seconds(1));
  EXPECT_EQ(findings.data.dump(), R"({"gpus":[],"nic_numa_map":{},"cross_numa_pairs":[]})");
  EXPECT_THAT(findings.errors, IsEmpty());
}

TEST_F(GpuPart, KnowsInterfacesWithoutGpus) {
  put_node("class/net/eth0/device", 1);
  const auto part = make_gpu(options());
  EXPECT_EQ(part->stop(std::chrono::seconds(1)).data.dump(),
            R"({"gpus":[],"nic_numa_map":{"eth0":1},"cross_numa_pairs":[]})");
}

TEST_F(GpuPart, SaysWhyThereIsNothing) {
  Nvml nvml = two_gpus();
  nvml.init = [] { return 9; };
  EXPECT_THAT(found(nvml).errors, ElementsAre("NVML does not start: error 9"));
  EXPECT_EQ(found(nvml).data.dump(), "{}");
  nvml = two_gpus();
  nvml.device_at = nullptr;
  EXPECT_THAT(found(nvml).errors, ElementsAre(HasSubstr("lacks functions")));
}

TEST_F(GpuPart, KeepsTheGpusThatAnswer) {
  Nvml nvml = two_gpus();
  nvml.device_at = [](unsigned index, void** device) {
    *device = &gpu_numbers[index];
    return index == 0 ? 15 : 0;
  };
  const Findings findings = found(nvml);
  ASSERT_EQ(findings.data["gpus"].size(), 1);
  EXPECT_EQ(findings.data["gpus"][0]["index"], 1);
  EXPECT_THAT(findings.errors, ElementsAre("NVML cannot open GPU 0"));
}

TEST_F(GpuPart, TakesALibraryWithFewFunctionsAndManyGpus) {
  Nvml nvml;
  const Nvml whole = two_gpus();
  nvml.init = whole.init;
  nvml.shutdown = whole.shutdown;
  nvml.device_count = [](unsigned* count) {
    *count = 4'000'000'000;
    return 0;
  };
  nvml.device_at = [](unsigned /*index*/, void** device) {
    *device = nullptr;
    return 0;
  };
  const Findings findings = found(nvml);
  EXPECT_EQ(findings.data["gpus"].size(), 64);
  EXPECT_EQ(findings.data["gpus"][0].dump(), R"({"index":0,"numa_node":-1})");
}

TEST(GpuReading, ComesBackAsItWent) {
  const GpuReading reading = ask_nvml(two_gpus());
  const std::string text = to_text(reading);
  EXPECT_EQ(to_text(from_text(text)), text);
  EXPECT_EQ(from_text(text).gpus[0].power_watts, 250.5);
  EXPECT_EQ(from_text(text).gpus[1].utilization_gpu_pct, std::nullopt);
}

TEST(GpuReading, ThatWasCutIsAnError) {
  const std::string text = to_text(ask_nvml(two_gpus()));
  for (const std::string& broken : {std::string(), text.substr(0, text.size() / 2),
                                    std::string(R"({"error":1,"gpus":[]})"), std::string("[]")}) {
    EXPECT_THAT(from_text(broken).gpus, IsEmpty()) << broken;
    EXPECT_THAT(from_text(broken).error, HasSubstr("did not answer")) << broken;
  }
}

// The library is loaded in a process of its own; this one stands in for it.
class GpuLibrary : public ::testing::Test {
 protected:
  static GpuReading read(const char* mode, std::chrono::milliseconds wait_max) {
    setenv("MELISAI_FAKE_NVML", mode, 1);
    return read_gpus(
        {.control_device = "/dev/null", .library = MELISAI_FAKE_NVML, .wait_max = wait_max});
  }
  static constexpr std::chrono::seconds kLong{60};
};

TEST_F(GpuLibrary, IsAskedWhatItCanTell) {
  const GpuReading reading = read("works", kLong);
  EXPECT_EQ(reading.error, "");
  ASSERT_EQ(reading.gpus.size(), 1);
  EXPECT_EQ(reading.gpus[0].name, "Fake");
  EXPECT_EQ(reading.gpus[0].pci_bus, "0000:3b:00.0");
  EXPECT_EQ(reading.gpus[0].memory_total_mb, 2);
}

TEST_F(GpuLibrary, ThatHangsIsLeft) {
  EXPECT_THAT(read("hangs", std::chrono::milliseconds(50)).error, HasSubstr("did not answer"));
}

TEST_F(GpuLibrary, ThatCrashesTakesNobodyAlong) {
  EXPECT_THAT(read("crashes", kLong).error, HasSubstr("did not answer"));
}

TEST_F(GpuLibrary, ThatIsMissingIsNamed) {
  const GpuReading reading = read_gpus({.control_device = "/dev/null", .library = "./no.so"});
  EXPECT_THAT(reading.error, HasSubstr("./no.so"));
}

TEST_F(GpuLibrary, IsNotLoadedWithoutADriver) {
  const GpuReading reading = read_gpus({.control_device = "/no", .library = "./no.so"});
  EXPECT_EQ(reading.error, "");
  EXPECT_THAT(reading.gpus, IsEmpty());
}

TEST(GpuLive, IsWhatTheDriverSays) {
  if (access("/dev/nvidiactl", F_OK) != 0) GTEST_SKIP() << "this machine has no NVIDIA driver";
  const GpuReading reading = read_gpus({});
  EXPECT_EQ(reading.error, "");
  ASSERT_FALSE(reading.gpus.empty());
  EXPECT_GT(reading.gpus[0].memory_total_mb, 0);
  EXPECT_EQ(access(("/sys/bus/pci/devices/" + reading.gpus[0].pci_bus).c_str(), F_OK), 0);
}

}  // namespace
}  // namespace melisai::plugins::procfs
