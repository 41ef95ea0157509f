# SPDX-License-Identifier: Apache-2.0
"""The files of tests that are begun first.

They take ten seconds and more: begun last, one would run on alone while the other workers wait.
"""

LONG = (
    "test_house_tools.py", "test_story_by_command_line.py", "test_pictures.py",
    "test_four_doors.py", "test_no_stalls.py", "test_demo_story.py", "test_no_sockets.py",
    "test_quiet_tests.py", "test_first_hour.py", "test_viewers_hostile.py",
    "test_failing_file_system.py", "test_killed_at_any_moment.py",
    "test_full_and_read_only_disks.py", "test_failing_carriers.py", "test_flooded_share.py",
    "test_model_inspection_bombs.py", "test_verify_script_package.py", "test_search_oracle.py",
    "test_intake_kit.py", "test_hostile_tour.py", "test_crowded_store.py",
    "test_onefile_commands.py",
)  # fmt: skip
