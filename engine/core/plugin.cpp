#include "engine/core/plugin.hpp"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <system_error>

#include "engine/core/error.hpp"
#include "engine/core/program_folder.hpp"

namespace lenet {

std::filesystem::path plugin_folder_of_the_user() {
  const char* const folder = std::getenv("LENET_PLUGIN_DIR");
  return folder ? folder : "";
}

std::filesystem::path plugin_path(std::string_view file) {
  if (const std::filesystem::path folder = plugin_folder_of_the_user(); !folder.empty()) return folder / file;
  std::error_code ignored;
  const std::filesystem::path program = program_folder();
  const std::filesystem::path beside = program / file;
  const std::filesystem::path installed = program.parent_path() / "lib/lenet" / file;
  const bool only_installed =
      !std::filesystem::exists(beside, ignored) && std::filesystem::exists(installed, ignored);
  return only_installed ? installed : beside;
}

const void* load_plugin(const std::filesystem::path& path, const char* entry) {
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char* const error = dlerror();
    throw Error(error ? error : path.string() + ": unknown error");
  }
  const auto function = reinterpret_cast<const void* (*)()>(dlsym(library, entry));
  return function ? function() : nullptr;
}

const void* load_plugin(const PluginFile& plugin) {
  const std::string failure = std::string(plugin.failure) + ": ";
  const std::filesystem::path path = plugin_path(plugin.file);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    throw IoError(failure + path.string() + " is no file: install or build lenet again" +
                  (plugin_folder_of_the_user().empty() ? "" : ", or look at LENET_PLUGIN_DIR"));
  const void* table = nullptr;
  try {
    table = load_plugin(path, plugin.entry);
  } catch (const Error& error) {
    throw IoError(failure + error.what() + ": " + plugin.remedy);
  }
  const char* const stamp = table ? *static_cast<const char* const*>(table) : "no stamp";
  if (std::strcmp(stamp, plugin.stamp) != 0)
    throw IoError(failure + path.string() + " belongs to another build of lenet (" + stamp + ", expected " +
                  plugin.stamp + "): build both together");
  return table;
}

}  // namespace lenet
