// ELF files as tests want them: 64 bit, little-endian, one loadable segment of code, and of
// symbols, notes and links what is asked for.
#pragma once

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace melisai::symbols {

struct MadeSymbol {
  std::string name;
  std::uint64_t address = 0;
  std::uint64_t size = 0;
  unsigned char bind = STB_GLOBAL;
  unsigned char type = STT_FUNC;
};

struct MadeSection {
  std::string name;
  std::string content;
};

struct MadeElf {
  std::uint64_t load_offset = 0x1000;
  std::uint64_t load_address = 0x401000;
  std::uint64_t load_size = 0x1000;
  std::vector<MadeSymbol> symtab{};
  std::vector<MadeSymbol> dynsym{};
  std::string build_id{};  ///< raw bytes
  std::string link{};      ///< .gnu_debuglink
  std::uint32_t link_crc = 0;
  std::vector<MadeSection> more{};  ///< .debug_info and its kin
};

namespace made {

template <class T>
std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

inline std::string padded(std::string text) {
  text.resize((text.size() + 8) / 8 * 8, '\0');
  return text;
}

struct Section {
  std::string name;
  std::uint32_t type = SHT_PROGBITS;
  std::string content{};
  std::uint32_t link = 0;
  std::uint64_t entry = 0;
};

inline void add_symbols(std::vector<Section>& sections, const std::string& name, std::uint32_t type,
                        const std::vector<MadeSymbol>& symbols) {
  if (symbols.empty()) return;
  std::string strings(1, '\0');
  std::string table = bytes_of(Elf64_Sym{});
  for (const MadeSymbol& symbol : symbols) {
    Elf64_Sym entry{};
    entry.st_name = static_cast<Elf64_Word>(strings.size());
    entry.st_info = static_cast<unsigned char>(ELF64_ST_INFO(symbol.bind, symbol.type));
    entry.st_shndx = 1;
    entry.st_value = symbol.address;
    entry.st_size = symbol.size;
    table += bytes_of(entry);
    strings += symbol.name + '\0';
  }
  sections.push_back(
      {name, type, table, static_cast<std::uint32_t>(sections.size() + 1), sizeof(Elf64_Sym)});
  sections.push_back({type == SHT_SYMTAB ? ".strtab" : ".dynstr", SHT_STRTAB, strings});
}

}  // namespace made

inline std::string elf_bytes(const MadeElf& made) {
  std::vector<made::Section> sections{{"", SHT_NULL}};
  made::add_symbols(sections, ".symtab", SHT_SYMTAB, made.symtab);
  made::add_symbols(sections, ".dynsym", SHT_DYNSYM, made.dynsym);
  if (!made.build_id.empty()) {
    Elf64_Nhdr note{4, static_cast<Elf64_Word>(made.build_id.size()), NT_GNU_BUILD_ID};
    std::string content = made::bytes_of(note) + std::string("GNU\0", 4) + made.build_id;
    content.resize((content.size() + 3) / 4 * 4, '\0');
    sections.push_back({".note.gnu.build-id", SHT_NOTE, content});
  }
  if (!made.link.empty()) {
    std::string content = made.link + '\0';
    content.resize((content.size() + 3) / 4 * 4, '\0');
    sections.push_back({".gnu_debuglink", SHT_PROGBITS, content + made::bytes_of(made.link_crc)});
  }
  for (const MadeSection& each : made.more)
    sections.push_back({each.name, SHT_PROGBITS, each.content});
  std::string names;
  for (const made::Section& section : sections) names += section.name + '\0';
  const std::size_t names_at = names.size();
  names += std::string(".shstrtab") + '\0';
  sections.push_back({".shstrtab", SHT_STRTAB, names});

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<Elf64_Half>(sections.size());
  header.e_shstrndx = static_cast<Elf64_Half>(sections.size() - 1);
  Elf64_Phdr load{};
  load.p_type = PT_LOAD;
  load.p_flags = PF_R | PF_X;
  load.p_offset = made.load_offset;
  load.p_vaddr = made.load_address;
  load.p_filesz = load.p_memsz = made.load_size;
  std::string body;
  std::string table;
  std::size_t name = 0;
  const std::size_t body_at = sizeof header + sizeof load;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const made::Section& section = sections[i];
    Elf64_Shdr entry{};
    entry.sh_name = static_cast<Elf64_Word>(i + 1 == sections.size() ? names_at : name);
    entry.sh_type = section.type;
    entry.sh_offset = body_at + body.size();
    entry.sh_size = section.content.size();
    entry.sh_link = section.link;
    entry.sh_entsize = section.entry;
    entry.sh_addralign = section.type == SHT_NOTE ? 4 : 8;
    table += made::bytes_of(entry);
    body += made::padded(section.content);
    name += section.name.size() + 1;
  }
  header.e_shoff = body_at + body.size();
  return made::bytes_of(header) + made::bytes_of(load) + body + table;
}

/// With a direct call from `caller` to `callee`: addresses in the loaded segment.
inline std::string with_call(std::string bytes, const MadeElf& made, std::uint64_t caller,
                             std::uint64_t callee) {
  const std::size_t at = made.load_offset + (caller - made.load_address);
  bytes.resize(std::max(bytes.size(), made.load_offset + made.load_size), '\0');
  bytes.replace(at, 5, '\xe8' + made::bytes_of(static_cast<std::int32_t>(callee - (caller + 5))));
  return bytes;
}

inline std::string write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

}  // namespace melisai::symbols
