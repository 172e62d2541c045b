#!/bin/sh
# Restores the process of this image; run it with --help. Written by crac-criu.
# shellcheck disable=SC2034
