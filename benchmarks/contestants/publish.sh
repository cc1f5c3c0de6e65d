#!/usr/bin/env bash
# Publish one site with curl and look at its job every second.
set -euo pipefail
job=$(curl --silent --show-error --request POST --header "Authorization: $NAO_API_KEY" \
  --output /dev/null --write-out '%header{location}' \
  "$NAO_BASE_URL/api/v2/sites/$1/asset_tracking_config/publish")
while true; do
  state=$(curl --silent --show-error --header "Authorization: $NAO_API_KEY" "$job")
  case $state in
    *'"has_finished":true'* | *'"has_finished": true'*) break ;;
  esac
  sleep "${LOOK_EVERY:-1}"
done
[[ $state == *'"status":"success"'* || $state == *'"status": "success"'* ]]
