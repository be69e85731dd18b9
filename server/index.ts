/** The entry `weightspring/server`: the HTTP service inside another program. */
export {
  readConfiguration,
  SETTINGS,
  type Configuration,
  type SettingInfo,
  type SettingName,
} from './configuration.js';
export { startServer, type RunningServer, type ServerDependencies } from './server.js';
