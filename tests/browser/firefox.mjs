// Firefox with a fake camera and microphone, driven over WebDriver BiDi.

import { launch } from 'puppeteer-core';

import { executable } from './chromium.mjs';

export function launchFirefox() {
  return launch({
    browser: 'firefox',
    executablePath: executable('Firefox', ['firefox-esr', 'firefox']),
    headless: true,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
      // Nothing of these reaches anybody from a namespace of its own; asked for at all, they only cost time.
      'app.update.enabled': false,
      'browser.safebrowsing.update.enabled': false,
      'datareporting.policy.dataSubmissionEnabled': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
      'media.gmp-manager.updateEnabled': false,
      'media.gmp-provider.enabled': false,
    },
  });
}
