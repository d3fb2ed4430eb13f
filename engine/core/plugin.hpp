#pragma once

#include <filesystem>
#include <string_view>

/// Plugins: shared libraries that a program loads on demand, so that it also starts on machines that lack the
/// libraries they need. A program and its plugins are built together, from the same sources by the same
/// compiler, so C++ objects and exceptions may cross their interface. A plugin exports one C function, which
/// returns its table of functions; the table begins with a stamp, which detects a plugin from another build.
namespace lenet {

/// Returns the folder LENET_PLUGIN_DIR; empty if it is not set.
std::filesystem::path plugin_folder_of_the_user();

/// Returns where a plugin is expected: in plugin_folder_of_the_user() if that is set; else beside the
/// program, or, if there is none, in ../lib/lenet from there, where an installation has it.
std::filesystem::path plugin_path(std::string_view file);

/// Loads a plugin and returns what its function `entry` returns; null if it has no such function. The plugin
/// is never unloaded. Throws Error with the dynamic linker's message if it cannot be loaded.
const void* load_plugin(const std::filesystem::path& path, const char* entry);

/// What a program expects of a plugin, and what it tells users who lack it.
struct PluginFile {
  const char* file;     ///< "liblenet_figures.so"
  const char* entry;    ///< its C function
  const char* stamp;    ///< of the same build
  const char* failure;  ///< "figures cannot be drawn"
  const char* remedy;   ///< "install cairo and libspng"
};

/// Loads a plugin from plugin_path() and returns its table. Throws IoError if it is missing, belongs to
/// another build, or lacks a library.
const void* load_plugin(const PluginFile& plugin);

/// Loads a plugin and returns its table as a Table, whose first member is the stamp.
template <class Table>
const Table& load_plugin_table(const PluginFile& plugin) {
  return *static_cast<const Table*>(load_plugin(plugin));
}

}  // namespace lenet
